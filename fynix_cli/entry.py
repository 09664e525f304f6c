"""Where the `fynix` script begins: Ctrl-C is quiet also while Python is still loading."""

import signal


def main() -> None:
    """Load the command, and run it.

    A KeyboardInterrupt amid an import would be a traceback. Until everything is there the signal
    itself ends the process, which is the same to a shell.
    """
    is_python_s = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else: ignored
    if is_python_s:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from fynix_cli.main import main as run_command_line

    if is_python_s:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command_line()
