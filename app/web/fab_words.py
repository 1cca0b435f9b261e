"""Messages of Flask-AppBuilder that its own Russian catalogue lacks: named here, our catalogue has them."""

from flask_babel import lazy_gettext as _l

FAB_WORDS = (
    _l("Add"),
    _l("Add Group"),
    _l("Are you sure you want to delete this item?"),
    _l("Contains (insensitive)"),
    _l("Database Error"),
    _l("Delete"),
    _l("Detail"),
    _l("Edit"),
    _l("Edit Group"),
    _l("Edit User Information"),
    _l("Either select a role or a group"),
    _l("Groups"),
    _l("In"),
    _l("List Groups"),
    _l(
        "Must have at least two capital letters, one special character, two digits, three lower case letters and "
        "a minimal length of 10."
    ),
    _l("Not In"),
    _l("Not a valid choice"),
    _l("Order by"),
    _l("Select Value"),
    _l("Show"),
    _l("Show Group"),
    _l("Sign In with "),
    _l("Sign in using:"),
    _l("Start with"),
    _l("The user's password for authentication"),
    _l("User information changed"),
    _l("User(s) exists in the group, cannot delete"),
    _l("User(s) exists in the role, cannot delete"),
    _l("Added Row"),
    _l("Changed Row"),
    _l("Deleted Row"),
)
