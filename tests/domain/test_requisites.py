import pytest

from app.domain.requisites import Problem, account_problem, bic_problem, correspondent_problem, problems
from app.domain.words import CounterpartyKind

COMPANY, PERSON = CounterpartyKind.COMPANY, CounterpartyKind.PERSON


def check(kind: CounterpartyKind = COMPANY, inn: str = "", kpp: str = "", ogrn: str = "") -> list[Problem]:
    return problems(inn=inn, kpp=kpp, ogrn=ogrn, kind=kind)


@pytest.mark.parametrize("inn", ["7707083893", "7707049388", "7728168971", "7736050003"])
def test_a_company_s_inn_with_the_right_sum_is_fine(inn: str) -> None:
    assert check(inn=inn) == []


@pytest.mark.parametrize("inn", ["500100732259", "526317984689"])
def test_a_person_s_inn_with_the_right_sums_is_fine(inn: str) -> None:
    assert check(PERSON, inn=inn) == []


@pytest.mark.parametrize("inn", ["1234567890", "7777777777", "0056123412", "7712563009"])
def test_an_inn_with_a_wrong_sum_is_named(inn: str) -> None:
    assert check(inn=inn) == [Problem("inn", "checksum")]


@pytest.mark.parametrize(
    ("kind", "inn", "code"),
    [
        (COMPANY, "77070838", "length"),
        (COMPANY, "500100732259", "length"),
        (PERSON, "7707083893", "length"),
        (PERSON, "500100732258", "checksum"),
        (PERSON, "500100732249", "checksum"),
        (COMPANY, "7707 83893", "digits"),
        (COMPANY, "٧٧٠٧٠٨٣٨٩٣", "digits"),
    ],
)
def test_an_inn_of_a_wrong_form_is_named(kind: CounterpartyKind, inn: str, code: str) -> None:
    assert check(kind, inn=inn) == [Problem("inn", code)]


@pytest.mark.parametrize("kpp", ["770701001", "7707AB001"])
def test_a_kpp_of_the_right_form_is_fine(kpp: str) -> None:
    assert check(kpp=kpp) == []


@pytest.mark.parametrize("kpp", ["77070100", "7707010011", "7707аб001", "7707ab001", "A70701001"])
def test_a_kpp_of_a_wrong_form_is_named(kpp: str) -> None:
    assert check(kpp=kpp) == [Problem("kpp", "form")]


def test_a_person_has_no_kpp() -> None:
    assert check(PERSON, kpp="770701001") == [Problem("kpp", "needless")]


@pytest.mark.parametrize("ogrn", ["1027700132195", "1037739877295"])
def test_an_ogrn_with_the_right_digit_is_fine(ogrn: str) -> None:
    assert check(ogrn=ogrn) == []
    assert check(ogrn=ogrn[:-1] + "9") == [Problem("ogrn", "checksum")]


# The rest by 13 of the second one is 10: its last digit is 0.
@pytest.mark.parametrize("ogrn", ["304500116000157", "304500116000050"])
def test_an_entrepreneur_s_ogrn_with_the_right_digit_is_fine(ogrn: str) -> None:
    assert check(PERSON, ogrn=ogrn) == []
    assert check(PERSON, ogrn=ogrn[:-1] + "9") == [Problem("ogrn", "checksum")]


def test_an_ogrn_of_a_wrong_form_is_named() -> None:
    assert check(ogrn="304500116000157") == [Problem("ogrn", "length")]
    assert check(PERSON, ogrn="1027700132195") == [Problem("ogrn", "length")]
    assert check(ogrn="102770013219x") == [Problem("ogrn", "digits")]


def test_empty_requisites_are_not_wrong_and_several_problems_are_all_named() -> None:
    assert check() == []
    assert check(inn="1", kpp="1", ogrn="1") == [
        Problem("inn", "length"),
        Problem("kpp", "form"),
        Problem("ogrn", "length"),
    ]


@pytest.mark.parametrize(
    ("bic", "number"),
    [("044525187", "40702810800030005413"), ("042202603", "40702810942020002415")],
)
def test_an_account_belongs_to_its_bank_by_a_check_sum(bic: str, number: str) -> None:
    assert account_problem(number, bic) == ""
    assert account_problem(number[:-1] + str(9 - int(number[-1])), bic) == "checksum"
    assert account_problem(number[1:], bic) == "length"


@pytest.mark.parametrize(
    ("bic", "number"), [("044525225", "40702810800030005413"), ("044599292", "40702810600023341231")]
)
def test_an_account_of_another_bank_is_named(bic: str, number: str) -> None:
    assert account_problem(number, bic) == "checksum"


def test_the_account_of_a_bank_itself_has_another_sum() -> None:
    assert correspondent_problem("30101810400000000225", "044525225") == ""
    assert correspondent_problem("30101810500000000653", "044030653") == ""
    assert correspondent_problem("30101810400000000226", "044525225") == "checksum"
    assert correspondent_problem("", "044525225") == ""
    assert bic_problem("04452522") == "length"
