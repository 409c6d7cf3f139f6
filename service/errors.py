"""Errors that a person can put right, in words that can be translated. Anything else that is raised is our fault.

ServiceError (400)
├── NotFoundError (404)
├── NotAllowedError (403)
├── ConflictError (409)
├── BadInputError (422)
│   └── UnusableFileError (422)
└── UnavailableError (503)
"""

from __future__ import annotations

from typing import ClassVar

from service.i18n import N_


class ServiceError(Exception):
    """`message % details` is shown to the reader in their language; `exit_code` ends a command."""

    status_code: ClassVar[int] = 400
    exit_code: ClassVar[int] = 1
    message: str = N_("Something is not right with this request.")

    def __init__(self, message: str | None = None, /, **details: object) -> None:
        if message is not None:
            self.message = message
        self.details = details
        super().__init__(self.message % details if details else self.message)


class NotFoundError(ServiceError):
    status_code = 404
    message = N_("This page or record does not exist.")


class NotAllowedError(ServiceError):
    status_code = 403
    message = N_("You may not see or do this.")


class ConflictError(ServiceError):
    status_code = 409
    message = N_("Someone else changed this in the meantime.")


class BadInputError(ServiceError):
    status_code = 422
    exit_code = 2
    message = N_("The input cannot be used.")


class UnusableFileError(BadInputError):
    """A file that cannot be read; carries the reader's own message."""


class UnavailableError(ServiceError):
    status_code = 503
    exit_code = 3
    message = N_("A part of the service is not running.")
