"""A Slurm cluster of one node on this machine: munged, slurmctld and slurmd.

They are configured in a folder of their own.

    python tests/helpers/slurm.py bash -c 'srun -n 2 hostname'    # start it, run the command, stop it

Debian: ``apt-get install slurm-wlm munge``. The node offers four CPUs, however many it has, and no GPU. Messages have
100 seconds: on a busy machine one that is sent again after ten can end a job that has been requeued meanwhile.
"""
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEARCH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # not in every user's PATH
CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MailProg=/bin/true
MessageTimeout=100
SchedulerParameters=sched_interval=1
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4
PartitionName=train Nodes={host} Default=YES
"""


class Slurm:
    """Runs the cluster as a context manager.

    Raises:
        RuntimeError: If a program is missing or the node does not come up; the message shows the logs.
    """

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # paths of sockets must be short
        self.env = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.daemons = []
        try:
            self._configure()
            self._start("munged", "--foreground", "--force", *(f"--{name}-file={self.folder}/munge.{name}" for name in (
                "key", "pid", "log", "seed")), f"--socket={self.folder}/munge.socket")
            self._until(lambda: (self.folder / "munge.socket").exists())
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D")
            self._until(lambda: self("sinfo", "--noheader", "--format=%T") == "idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait(timeout=60)
        shutil.rmtree(self.folder)

    def __call__(self, *command):
        """The output of one of Slurm's commands."""
        return subprocess.run(list(map(str, command)), env=self.env, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=120).stdout.strip()

    def _configure(self):
        with socket.socket() as one, socket.socket() as two:
            for free in (one, two):
                free.bind(("127.0.0.1", 0))
            ports = [free.getsockname()[1] for free in (one, two)]
        host = socket.gethostname().partition(".")[0]
        Path(self.env["SLURM_CONF"]).write_text(CONFIG.format(
            host=host, user=getpass.getuser(), folder=self.folder, ports=ports))
        (self.folder / "munge.key").write_bytes(os.urandom(128))
        (self.folder / "munge.key").chmod(0o600)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()

    def _start(self, name, *arguments):
        program = shutil.which(name, path=SEARCH)
        if program is None:
            raise RuntimeError(f"{name} is not installed")
        with (self.folder / f"{name}.out").open("w") as out:
            self.daemons.append(subprocess.Popen([program, *arguments], env=self.env, stdout=out,
                                                 stderr=subprocess.STDOUT))

    def _until(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or any(daemon.poll() is not None for daemon in self.daemons):
                raise RuntimeError("Slurm does not start:\n" + "\n".join(
                    f"{path.name}: {path.read_text()[-500:]}" for path in sorted(self.folder.glob("*.out"))))
            time.sleep(0.2)


if __name__ == "__main__":
    with Slurm() as slurm:
        sys.exit(subprocess.run(sys.argv[1:], env=slurm.env, check=False).returncode)
