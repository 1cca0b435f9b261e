"""What a rule answers when the user asked for something it does not allow, and a server when it is of no use."""


class Refused(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The user's request cannot be done; the text is a translated sentence for the user.

    `field` names the form field (or file column) that the sentence is about.
    """

    def __init__(self, message: object, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.field = field


class DoneAlready(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """What was to be done once has been done by an earlier request; this one changed nothing."""


class OutOfReach(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A server of others cannot be used; the sentence is translated for the user.

    `is_lasting`: nobody needs to try again until somebody has changed something.
    """

    def __init__(self, sentence: str, *, is_lasting: bool) -> None:
        super().__init__(sentence)
        self.sentence, self.is_lasting = sentence, is_lasting
