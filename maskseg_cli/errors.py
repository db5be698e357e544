"""The one exception whose message is meant for the user's eyes."""


class MasksegError(Exception):
    """Something the user can put right: a file, an option, a missing weight.

    The message is one sentence that names the file or option and says what to do. Commands print it on stderr
    and exit with 1; anything else that escapes is a defect of ours and shows as such.
    """


class UsageError(MasksegError):
    """The request itself makes no sense (unknown class, impossible size): commands exit with 2."""
