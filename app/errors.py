"""What a rule answers when the user asked for something it does not allow."""


class Refused(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The user's request cannot be done; the text is a translated sentence for the user.

    `field` names the form field (or file column) that the sentence is about.
    """

    def __init__(self, message: object, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.field = field
