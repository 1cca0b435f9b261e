"""300 pairs of counterparties as companies here write them, with what each pair is: one, or two.

No company stands in two pairs, so that whatever else is found is a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from stdnum.ru.inn import calc_company_check_digit


@dataclass(frozen=True)
class Client:
    name: str
    inn: str = ""
    kpp: str = ""
    phone: str = ""
    email: str = ""
    is_person: bool = False


@dataclass(frozen=True)
class Pair:
    kind: str
    one: Client
    other: Client
    is_same: bool


numbers = count(1)


def inn() -> str:
    digits = f"77{next(numbers) * 7919 % 9_999_999:07}"
    return digits + calc_company_check_digit(digits)


def kpp(place: int = 1) -> str:
    return f"7701{place:02}001"


def phone() -> str:
    return f"+7 495 {next(numbers) * 104_729 % 9_000_000 + 1_000_000}"


WORDS = """
Гранит Берёзка Азимут Ковчег Метеор Ландыш Планета Созвездие Каравелла Орхидея Бастион Виктория Галактика Державник
Жемчужина Зеркало Изумруд Камертон Лабиринт Магистраль Надежда Оптимист Парабола Радуга Самоцвет Телемак Уралочка
Фаворит Хрусталь Цитадель Чернозём Шахматы Щелкунчик Эверест Юность Якорёк Аквамарин Барометр Василёк Горизонт
Династия Ежевика Жаворонок Затея Империал Калейдоскоп Лукоморье Меридиан Наследие Остров Пилигрим Ростокино
Сибирячка Тройка Усадьба Фрегат Холмогоры Цветочный Черёмуха Шиповник Эдельвейс Юпитер Ягуар Арсенал Богатырь
Версаль Гвоздика Дельфин Единорог Журавль Золотник Исток Кедровник Лазурит Мандарин Нарцисс Олимпиец Подсолнух
Родник Серебряник Тюльпан Утёсово Феникс Хабаровец Цеппелин Чистотел Шелковица Экватор Юбиляр Яблонька Анемона
Бригантина Вершина Глобус Дубрава Ермакъ Жигулёвец Заречье Ипподром Крокус Лотос Мозаика Нептун Орнамент Палитра
Рассвет Северянка Теремок Урожай Форвард Хризолит Цикада Челюскин Шафран Эталон Югория Янтарь Алмазник Борисфен
Венеция Гефест Диадема Енисей Жасмин Забава Иволга Колибри Левкой Маяковка Невод Облепиха Пегас Русалка Скифия
Тополёк Ураган Флагман Хорда Центурион Чайка Шторм Экспресс Юнона Ясень Алтайка Буревестник Ведуница Голубка
Дирижабль Ельник Жнейка Заря Искатель Куница Ладога Малахит Новатор Одуванчик Пирамида Ромашка Сокол Титан Узоры
Филигрань Хуторок Цейлон Чародей Шоколад Эльбрус Юнга Яхонт Агатовый Беркут Ватрушка Гусляр Домино Ежонок Жар-птица
Звонница Имбирь Кипарис Лайнер Медуница Незабудка Оберег Пантера Рубикон Сапфир Таймыр Улыбка Фиалка Хозяюшка
Цунами Черника Шиншилла Этажерка Юрюзань Яшма Авангард Бирюза Вулкан Гладиолус Дракон Егерь Жокей Зодиак Ирбис
Кристалл Лидер Мустанг Ниагара Оазис Престиж Ритуал Стрелец Трамплин Универсум Фортуна Хоровод Цезарь Чемпион
Шедевр Энергия Юкон Ямайка Амазонка Бонус Вояж Гранат Диалог Елисей Жираф Замок Инфинити Каскад Лагуна Мираж
Нирвана Оракул Паритет Ракурс Спектр Триумф Унисон Абрикос Баритон Ветлуга Гобелен Дозорный Ермолка Жёлудь Зарница
Ивушка Карамель Лимонад Магнолия Новосёл Опалиха Пионер Росинка Снегирь Таёжник Ураноград Фундамент Хранитель
Цитрус Шевелёво Щедрость Эскулап Юрьевец Ярославна Аргонавт Бархат Витязь Георгин Дружба Завалинка Исполин Караван
Левкада Матрёшка Озарение Перламутр Ратибор Солнышко Формула Хаммер Циркон Чартер Штурман Эскорт Ювента Ястреб
Аврора Баланс Вектор Гермес Дебют Евразия Жетон Зенит
"""
BRANDS = iter(WORDS.split())


def brand() -> str:
    return next(BRANDS)


def typo(word: str, place: int) -> str:
    """A slip of the fingers: a letter lost, doubled, exchanged with the next one, or another one."""
    at = 2 + place % (len(word) - 4)
    lost, doubled = word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    other = word[:at] + ("ж" if word[at] != "ж" else "ш") + word[at + 1 :]
    return (lost, doubled, swapped if swapped != word else lost, other)[place % 4]


def look_alike(text: str) -> str:
    return text.translate(str.maketrans("аеорсухАВЕКМНОРСТХ", "aeopcyxABEKMHOPCTX"))


Make = Callable[[int], tuple[Client, Client]]


def legal_form(place: int) -> tuple[Client, Client]:
    name = brand()
    forms = (f'ООО "{name}"', f"{name}, ООО", f"Общество с ограниченной ответственностью «{name}»", f"{name} ЗАО", name)
    return Client(forms[place % 5], inn()), Client(forms[(place + 1 + place // 5) % 5])


def letter_yo(place: int) -> tuple[Client, Client]:
    name = f"{brand()} Зелёный Двор"
    return Client(f"ООО «{name}»"), Client(name.upper().replace("Ё", "Е"), inn())


def latin_letters(_place: int) -> tuple[Client, Client]:
    name = brand() + " Маркет"
    return Client(f"ООО «{name}»", inn()), Client(look_alike(name))


def order_of_words(place: int) -> tuple[Client, Client]:
    name, word = brand(), ("Центр", "Снабжение", "Монтаж", "Логистика")[place % 4]
    return Client(f"ООО «{word} {name}»"), Client(f"{name} {word} ООО", inn())


def slip(place: int) -> tuple[Client, Client]:
    name = brand() + ("строй", "торг", "сервис", "пром")[place % 4]
    return Client(f"ООО «{name}»", inn() if place % 2 else ""), Client(typo(name, place))


def slip_in_two_words(place: int) -> tuple[Client, Client]:
    name = brand()
    return Client(f"АО «{name} Инжиниринг»", inn()), Client(f"{name} {typo('Инжиниринг', place)}")


def short_form(place: int) -> tuple[Client, Client]:
    name = brand()
    whole, short = (
        (f"Торговый дом {name}", f"ТД «{name}»"),
        (f"Производственная компания «{name}»", f"ПК {name}"),
        (f"{name} Строительные материалы", f"{name} Строй. мат."),
        (f"{name} Оборудование", f"{name} Оборуд."),
    )[place % 4]
    return Client(f"ООО {whole}"), Client(short, inn())


def one_taxpayer(place: int) -> tuple[Client, Client]:
    one = Client(f"ООО «{brand()}»", inn(), kpp())
    return one, replace(one, name=f"Сеть {('Продукты', 'Кафе', 'Мебель')[place % 3]} у дома {brand()}")


def one_inn_without_kpp(place: int) -> tuple[Client, Client]:
    name = brand() + "плюс"
    one = Client(f"ООО {name}", inn(), kpp())
    return one, replace(one, kpp="", name=typo(name, place))


PEOPLE = ("Кузнецов Иван Петрович", "Соловьёва Мария Олеговна", "Ахметов Ринат Маратович", "Дёмина Ольга Юрьевна")


def people() -> Iterator[str]:
    for number in count():
        surname, *names = PEOPLE[number % 4].split()
        ending = "а" if surname.endswith("а") else ""
        stem = surname.removesuffix("а").removesuffix("ов").removesuffix("ёв").removesuffix("ин")
        yield " ".join(
            [f"{('Бело', 'Черно', 'Ново', 'Старо', 'Криво', 'Добро')[number // 4 % 6]}{stem.lower()}ов{ending}", *names]
        )


PERSONS = people()


def sole_trader(place: int) -> tuple[Client, Client]:
    name, own = next(PERSONS), phone()
    surname, first, middle = name.split()
    short = (f"{surname} {first[0]}. {middle[0]}.", f"ИП {surname} {first} {middle}", f"{first} {middle} {surname}")
    return Client(f"ИП {name}", phone=own, is_person=True), Client(short[place % 3], phone=own, is_person=True)


def phone_and_slip(place: int) -> tuple[Client, Client]:
    name, own = brand(), phone()
    other = "8 (" + own[3:6] + ") " + own[7:10] + "-" + own[10:12] + "-" + own[12:]
    return Client(f"ООО «{name}»", phone=own), Client(
        typo(name, place) if len(name) > 6 else name, phone=other + " доб. 5"
    )


def address_and_part(place: int) -> tuple[Client, Client]:
    name, own = brand(), f"zakaz{place}@firm{place}.example"
    return Client(f"ООО «{name}»", inn(), email=own), Client(
        f"{name} {('опт', 'Москва')[place % 2]}", email=own.upper()
    )


def slip_in_inn(place: int) -> tuple[Client, Client]:
    name, own = brand(), inn()
    at = 3 + place % 5
    return Client(f"ООО «{name}»", own), Client(name, own[:at] + str((int(own[at]) + 1) % 10) + own[at + 1 :])


def hyphen(place: int) -> tuple[Client, Client]:
    name = brand()
    forms = (f"{name}-Транс", f"{name}Транс", f"{name} Транс", f"«{name}»-«Транс»")
    return Client(f"ООО {forms[place % 4]}", inn()), Client(forms[(place + 1) % 4])


def other_alphabet(place: int) -> tuple[Client, Client]:
    one = Client(f"ООО «{brand()}»", phone=phone(), email=f"info@latin{place}.example")
    return one, replace(one, name=f"{('Northern', 'Southern')[place]} Lights")


def branches(place: int) -> tuple[Client, Client]:
    one = Client(f"ООО «{brand()}»", inn(), kpp(1))
    return one, replace(one, kpp=kpp(2 + place), phone=one.phone)


def namesakes(place: int) -> tuple[Client, Client]:
    name, own = brand(), phone() if place % 3 == 0 else ""
    return Client(f"ООО «{name}»", inn(), kpp(), own), Client(f"АО «{name}»", inn(), kpp(), own)


def numbered_shops(place: int) -> tuple[Client, Client]:
    name, own = brand(), phone()
    return Client(f"{name} №{place + 1}", phone=own), Client(f"{name} №{place + 2}", phone=own)


def business_centre(place: int) -> tuple[Client, Client]:
    own = phone()
    return Client(f"ООО «{brand()}»", inn() if place % 2 else "", phone=own), Client(f"ООО «{brand()}»", phone=own)


ALIKE = iter(
    """
    Альфа Альба/Север Сервер/Восток Востряк/Лайм Лайк/Грот Крот/Волна Волга/Тайга Тайна/Марс Март/Сталь Столь/Кама Лама/
    Ника Лика/Полёт Полёж/Борт Борн/Весна Весло/Сахар Сахара Пески/Лада Рада
    """.replace("\n    ", "")
    .strip()
    .split("/")
)


def near_names(_place: int) -> tuple[Client, Client]:
    one, other = next(ALIKE).strip().split(maxsplit=1)
    return Client(f"ООО «{one}»"), Client(f"ООО «{other}»", inn())


def people_of_one_name(_place: int) -> tuple[Client, Client]:
    name = next(PERSONS)
    return Client(name, is_person=True), Client(name, is_person=True)


def relatives(place: int) -> tuple[Client, Client]:
    own, surname = phone(), f"Перепёлкин{place}"[:11] + ("ский", "цев", "ичев")[place % 3]
    one = Client(f"{surname} Олег Иванович", phone=own, is_person=True)
    return one, replace(one, name=f"{surname}а Анна Сергеевна")


def holding(place: int) -> tuple[Client, Client]:
    name, own = brand(), phone()
    one = Client(f"ООО «{name} {('Строй', 'Агро')[place % 2]}»", inn(), phone=own)
    return one, Client(f"ООО «{name} {('Финанс', 'Лизинг')[place % 2]}»", inn(), phone=own)


def shop_of_a_chain(place: int) -> tuple[Client, Client]:
    name, own = brand(), inn()
    word = ("филиал в Самаре", "магазин на Ленина", "обособленное подразделение Пермь", "склад Химки")[place % 4]
    return Client(f"ООО «{name}»", own, kpp()), Client(f"ООО «{name}», {word}", own)


def one_trade(place: int) -> tuple[Client, Client]:
    word = ("Торговый дом", "Группа компаний", "Строительная компания", "Управляющая компания")[place % 4]
    return Client(f"{word} {brand()}"), Client(f"{word} {brand()}", inn())


def one_first_word(place: int) -> tuple[Client, Client]:
    name = brand()
    first, second = (("Посуда", "Текстиль"), ("Мебель", "Одежда"), ("Металл", "Бетон"))[place % 3]
    return Client(f"{name} {first}"), Client(f"{name} {second}", inn())


SAME: tuple[tuple[Make, int], ...] = (
    *((legal_form, 15), (letter_yo, 8), (latin_letters, 10), (order_of_words, 12), (slip, 20), (slip_in_two_words, 8)),
    *((short_form, 12), (one_taxpayer, 10), (one_inn_without_kpp, 10), (sole_trader, 9), (phone_and_slip, 12)),
    *((address_and_part, 8), (slip_in_inn, 6), (hyphen, 8), (other_alphabet, 2)),
)
TWO: tuple[tuple[Make, int], ...] = (
    *((branches, 20), (namesakes, 24), (numbered_shops, 10), (business_centre, 15), (near_names, 16)),
    *((people_of_one_name, 12), (relatives, 9), (holding, 12), (shop_of_a_chain, 8), (one_trade, 12)),
    (one_first_word, 12),
)


def pairs() -> list[Pair]:
    return [
        Pair(make.__name__, *make(place), is_same)
        for kinds, is_same in ((SAME, True), (TWO, False))
        for make, times in kinds
        for place in range(times)
    ]
