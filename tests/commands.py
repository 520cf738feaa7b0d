"""Commands called in this process."""
import pytest


def exit_code(main, *arguments):
    """Of a command that ends by itself."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return end.value.code


def usage_error(main, capsys, *arguments):
    """What it says of wrong arguments."""
    assert exit_code(main, *arguments) == 2
    return capsys.readouterr().err.split("error: ")[1].strip()
