# For tests, appendices B.4 and B.5: 10 clips of 16 frames, uniformly spaced over the video, each with a random crop.
ten_clips = [
    dict(type='ReadVideo', reader='{{$VIDIDI_READER:pyav}}',
         sample=dict(type='SampleFrames', clip_len=16, frame_interval=4, num_clips=10, test_mode=True,
                     out_of_bound_opt='repeat_last')),
    dict(type='PerClip', transforms=[dict(type='Resize', scale=(-1, 128)), dict(type='RandomCrop', size=112)]),
    dict(type='FormatShape', input_format='NCTHW'),
]
