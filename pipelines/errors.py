"""Errors of the command line; each message is for the person who typed the command."""


class SettingsError(ValueError):
    """A setting or argument that cannot be used."""


class RunError(RuntimeError):
    """A run that could not be started or did not end well; one line a problem."""
