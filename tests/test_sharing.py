"""Files of tests are given to workers by folders."""

from tests.sharing import next_file

FILES = ["tests/a/test_1.py", "tests/b/sales/test_2.py", "tests/b/test_3.py", "tests/c/test_4.py"]


def test_a_worker_stays_in_his_folder_then_begins_a_new_one_then_helps_where_most_is_left() -> None:
    assert next_file(FILES, "tests/b", {"tests/b"}) == "tests/b/sales/test_2.py"
    assert next_file(FILES, "tests/d", {"tests/a", "tests/b"}) == "tests/c/test_4.py"
    assert next_file(FILES, "", set()) == "tests/a/test_1.py"
    assert next_file(FILES, "tests/d", {"tests/a", "tests/b", "tests/c"}) == "tests/b/sales/test_2.py"
