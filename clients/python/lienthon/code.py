"""The codes of wire.md section 5, and the one exception that carries them."""

DONE, DONE_BEFORE = 0, 1
# What a receiver's judge says beside: not due yet, cancelled or replaced, waiting for a second hand.
NOT_DUE, CANCELLED, ONE_HAND = 2, 3, 4
MALFORMED, TOO_LARGE, BAD_SEAL, UNKNOWN_PRINCIPAL = 16, 17, 18, 19
REVOKED, NOT_ALLOWED, BODY_WRONG, UNKNOWN_TYPE = 20, 21, 22, 23
STALE, EXPIRED, BUSY, NOT_FOUND, NO_SUBSCRIPTION = 24, 25, 26, 27, 28
HELLO_FIRST, NO_VERSION, INVITATION_USED = 29, 30, 31
STORAGE_FAILED, SECRET, ID_TAKEN, TAKEN_OVER = 32, 33, 34, 35


class Refused(Exception):
    """Something is refused: `code` as in wire.md, and a sentence."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
