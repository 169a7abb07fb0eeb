"""World prices: each column is what it proves to be, each amount is exact, each month is known on its last day."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from real import real
from winze.engine.problems import Severity
from winze.engine.records import Price, of_kind
from winze.engine.texts import LANGUAGES, hint, sentence
from winze.formats.prices import _letters
from winze.formats.reading import Reading, lookup, read

APRIL = date(2020, 4, 30)
METALS = ("gold", "silver", "platinum", "copper", "tin", "nickel", "lead", "zinc", "aluminium")
NAMES = ("Gold", "Tin", "Crude oil, average")
UNITS = ("($/troy oz)", "($/mt)", "($/bbl)")


def workbook(folder: Path, *rows: tuple[Any, ...], names: tuple[str, ...] = NAMES, units: tuple[str, ...] = UNITS,
             title: str = "Updated on May 04, 2020", codes: bool = True, name: str = "cmo.xlsx") -> Path:  # fmt: skip
    """A monthly workbook as the World Bank makes it, with a sheet without months before it."""
    path = folder / name
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Notes").write(0, 0, "Nothing here")
        sheet = book.add_worksheet("Monthly Prices")
        above: list[tuple[Any, ...]] = [
            ("World Bank Commodity Price Data (The Pink Sheet)",), ("monthly prices in nominal US dollars",), (),
            (title,), ("", *names), ("", *units),
        ]  # fmt: skip
        above += [("", *(each.upper() for each in names))] if codes else []
        for at, row in enumerate([*above, *rows]):
            for column, value in enumerate(row):
                sheet.write(at, column, value)
    return path


def table(folder: Path, *lines: str, name: str = "sent.csv") -> Reading:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read(path)


def amounts(found: Reading) -> dict[tuple[str, date], Decimal]:
    return {(said.commodity, s.speaks_of.known_on): said.amount for s, said in of_kind(list(found.statements), Price)}


def counted(found: Reading) -> Counter[str]:
    return Counter(problem.code for problem in found.problems)


def imf(folder: Path, *, shift: int = 0, rows: slice = slice(None), scale: Decimal = Decimal(1), name: str = "imf.csv",
        mark: str = ",", months: tuple[str, ...] = ()) -> Reading:  # fmt: skip
    """A table headed like the IMF's, its metals standing `shift` columns right of their headings."""
    places = {"gold": 30, "tin": 58, "copper": 20}
    known = lookup("prices")["evidence"]
    headings = lookup("prices")["imf"]["headings"]
    lines = [mark.join(headings)]
    for month in [*known["gold"]["shows"], *months]:
        cells = [f"{month}-01"] + ["7.5"] * (len(headings) - 1 + shift)
        for commodity, at in places.items():
            cells[at + shift] = str(Decimal(known[commodity]["shows"].get(month, "2000")) * scale)
        lines.append(mark.join(cells))
    return table(folder, lines[0], *lines[1:][rows], name=name)


# -- World Bank ------------------------------------------------------------------------------------------------------


def test_a_price_keeps_its_unit_currency_and_every_printed_digit(tmp_path: Path) -> None:
    found = read(workbook(tmp_path, ("2020M03", 1591.93, 15305.34, 32.2), ("2020M04", 1683.17, 14952.8, 21.04)))
    assert (found.format, found.version, found.source) == ("worldbank-cmo", "updated 2020-05-04", "worldbank-cmo")
    assert found.generated_on == date(2020, 5, 4)
    gold = found.statements[2]
    assert gold.said == Price("gold", Decimal("1683.17"), "USD", "troy-ounce", "World Bank Pink Sheet: gold")
    assert (gold.subject, gold.speaks_of.known_on, gold.published_on) == ("commodity:gold", APRIL, None)
    assert (gold.origin.sheet, gold.origin.row, gold.origin.cell) == ("Monthly Prices", 9, "Gold")
    assert amounts(found)["tin", APRIL] == Decimal("14952.8")
    assert not found.problems


def test_an_early_month_is_known_long_before_the_workbook_was_made(tmp_path: Path) -> None:
    found = read(workbook(tmp_path, ("2019M12", 1479.13, 17074.7, 63.4)))
    assert all(s.known(date(2020, 1, 1)) and not s.known(date(2019, 12, 30)) for s in found.statements)


@pytest.mark.parametrize("missing", ["..", "…", "", "nan", "n/a"])
def test_a_missing_price_is_unknown_and_no_problem(tmp_path: Path, missing: str) -> None:
    found = read(workbook(tmp_path, ("2020M04", missing, 14952.8, "..")))
    assert set(amounts(found)) == {("tin", APRIL)} and not found.problems


@pytest.mark.parametrize("wrong", [0, -12.5, 1e-10])
def test_nothing_costs_nothing_or_less(tmp_path: Path, wrong: float) -> None:
    found = read(workbook(tmp_path, ("2020M04", wrong, 14952.8, 21.0)))
    assert set(amounts(found)) == {("tin", APRIL)}
    assert counted(found) == {"price_not_positive": 1} and not found.failed


def test_columns_are_found_by_name_wherever_they_stand(tmp_path: Path) -> None:
    one = read(workbook(tmp_path, ("2020M04", 1683.17, 14952.8, 21.0)))
    two = read(workbook(tmp_path, ("2020M04", 14952.8, 21.0, 1683.17), names=("Tin **", NAMES[2], " gold "),
                        units=(UNITS[1], UNITS[2], UNITS[0]), codes=False, name="later.xlsx"))  # fmt: skip
    assert {s.id for s in one.statements} == {s.id for s in two.statements}
    assert not two.problems


def test_a_new_column_is_reported_and_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    found = read(workbook(tmp_path, ("2020M04", 1683.17, 14952.8, 900.0), names=("Gold", "Tin", "Tantalite"),
                          units=("($/troy oz)", "(pesos/quintal)", "($/kg)")))  # fmt: skip
    assert set(amounts(found)) == {("gold", APRIL)}
    assert {p.code: dict(p.values) for p in found.problems} == {
        "column_unknown": {"column": "Tantalite"},
        "unit_unknown": {"column": "Tin", "unit": "(pesos/quintal)"},
    }


def test_a_second_column_of_one_name_is_not_mixed_into_the_first(tmp_path: Path) -> None:
    found = read(workbook(tmp_path, ("2020M04", 1683.17, 1500.0, 21.0), names=("Gold", "Gold", NAMES[2]),
                          units=(UNITS[0], UNITS[0], UNITS[2])))  # fmt: skip
    assert amounts(found) == {("gold", APRIL): Decimal("1683.17")}
    assert counted(found) == {"column_unknown": 1}


def test_a_month_that_begins_after_the_workbook_was_made_is_pointed_out(tmp_path: Path) -> None:
    found = read(workbook(tmp_path, ("2020M05", 1715.9, 15410.0, 30.0), ("2031M01", 1, 1, 1)))
    assert [dict(p.values) for p in found.problems if p.code == "date_in_future"] == [{"value": "2031M01"}]
    assert all(not s.known(date(2020, 5, 11)) for s in found.statements)


def test_an_impossible_month_and_figures_without_a_month_are_problems_and_a_footnote_is_not(tmp_path: Path) -> None:
    found = read(workbook(tmp_path, ("2020M04", 1683.17, 14952.8, 21.0), ("2020M13", 1, 1, 1), ("", 5.0, 5.0, 5.0),
                          ("Source: World Bank.",)))  # fmt: skip
    assert len(found.statements) == 2
    assert counted(found) == {"value_not_date": 1, "row_without": 2}


def test_a_repeated_row_counts_once(tmp_path: Path) -> None:
    found = read(workbook(tmp_path, *[("2020M04", 1683.17, 14952.8, 21.0)] * 2))
    assert len(found.statements) == 2 and counted(found) == {"row_repeated": 1}


def test_one_sheet_saved_as_csv_with_semicolons_says_the_same(tmp_path: Path) -> None:
    found = table(
        tmp_path, "World Bank Commodity Price Data (The Pink Sheet);;;", "Updated on May 04, 2020;;;",
        ";Gold;Tin;Silver", ";($/troy oz);($/mt);($/troy oz)", "2020M04;1683,17;14952,8;..",
    )  # fmt: skip
    same = read(workbook(tmp_path, ("2020M04", 1683.17, 14952.8, 21.04)))
    assert [s.id for s in found.statements] == [s.id for s in same.statements]


def test_a_workbook_cut_off_renamed_or_protected_is_a_clear_problem(tmp_path: Path) -> None:
    whole = workbook(tmp_path, ("2020M04", 1683.17, 14952.8, 21.0))
    renamed = tmp_path / "prices.xls"
    renamed.write_bytes(whole.read_bytes())
    assert [s.id for s in read(renamed).statements] == [s.id for s in read(whole).statements]
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert counted(read(cut)) == {"file_damaged": 1} and read(cut).failed


@settings(max_examples=20, deadline=None)
@given(prices=st.lists(st.floats(1, 9e4, allow_nan=False).map(lambda x: round(x, 3)), min_size=2, max_size=12),
       cut=st.integers(1, 11))  # fmt: skip
def test_months_appended_later_change_no_earlier_statement(
    tmp_path_factory: pytest.TempPathFactory, prices: list[float], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cmo")
    rows = [(f"2019M{n:02}", price, price * 2, 1.0) for n, price in enumerate(prices, start=1)]
    whole = read(workbook(folder, *rows))
    part = read(workbook(folder, *rows[:cut], name="part.xlsx", title="Updated on May 04, 2021"))
    assert [s.id for s in part.statements] == [s.id for s in whole.statements][: len(part.statements)]
    assert len(part.statements) == 2 * min(cut, len(prices))


@pytest.mark.parametrize(("file", "made", "months"), [
    ("prices/worldbank_CMO_monthly_to_2020M04.xlsx", date(2020, 5, 4), 724),
    ("prices/worldbank_CMO_monthly_to_2022M04.xlsx", date(2022, 5, 3), 748),
])  # fmt: skip
def test_both_real_vintages_are_read_without_a_problem(file: str, made: date, months: int) -> None:
    found = read(real(file))
    assert not found.problems
    assert found.generated_on == made
    prices = amounts(found)
    assert Counter(commodity for commodity, _ in prices)["gold"] == months
    assert prices["gold", APRIL] == Decimal("1683.17")
    assert prices["tin", APRIL] == Decimal("14952.8")
    assert prices["iron-ore", APRIL] == Decimal("84.73")
    assert min(day for commodity, day in prices if commodity == "iron-ore") == date(2008, 12, 31)
    assert round(prices["food-index", APRIL], 2) == Decimal("85.62")
    assert {commodity for commodity, _ in prices} == {
        *METALS, "iron-ore", "food-index", "grains-index", "energy-index", "non-energy-index", "metals-index",
        "base-metals-index", "precious-metals-index",
    }  # fmt: skip
    units = {said.commodity: (said.currency, said.unit) for _, said in of_kind(list(found.statements), Price)}
    assert units["gold"] == ("USD", "troy-ounce") and units["tin"] == ("USD", "tonne")
    assert units["food-index"] == (None, "index") and units["iron-ore"] == ("USD", "dry-tonne")


def test_two_real_vintages_make_one_statement_of_one_unrevised_price() -> None:
    early = read(real("prices/worldbank_CMO_monthly_to_2020M04.xlsx"))
    later = read(real("prices/worldbank_CMO_monthly_to_2022M04.xlsx"))
    gold = {s.id for s in early.statements if s.subject == "commodity:gold"}
    assert gold < {s.id for s in later.statements}
    food = {s.id for s in early.statements if s.subject == "commodity:food-index"}
    assert 0 < len(food - {s.id for s in later.statements}) < 60  # revised months are other statements


# -- Columns told by what they show ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0, 1, 31])
def test_a_column_is_told_by_its_prices_wherever_it_stands(tmp_path: Path, shift: int) -> None:
    found = imf(tmp_path, shift=shift)
    assert found.format == "imf-prices" and found.source == "imf-pcps"
    assert amounts(found)["tin", APRIL] == Decimal("14952.8")
    assert {commodity for commodity, _ in amounts(found)} == {"gold", "tin", "copper"}
    assert counted(found)["headings_do_not_fit"] == (1 if shift else 0)
    assert counted(found)["price_not_found"] == 8
    cell = {s.origin.cell for s in found.statements if s.subject == "commodity:tin"}
    assert cell == ({"Tin"} if not shift else {_letters(58 + shift)})


def test_prices_of_another_unit_are_never_taken_for_known_ones(tmp_path: Path) -> None:
    found = imf(tmp_path, scale=Decimal("0.4536"))
    assert not found.statements and counted(found)["prices_unproven"] == 1 and found.failed


def test_too_few_known_months_prove_nothing(tmp_path: Path) -> None:
    found = imf(tmp_path, rows=slice(0, 2))
    assert not found.statements and counted(found)["prices_unproven"] == 1


def test_two_columns_that_both_fit_are_neither(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    shows = lookup("prices")["evidence"]["gold"]["shows"]
    headings = [*lookup("prices")["imf"]["headings"][:2], "Metals Price Index"]
    path.write_text(
        "\n".join([",".join(headings), *(f"{m}-01,{p},{p}" for m, p in shows.items())]) + "\n", encoding="utf-8"
    )
    assert not read(path).statements


def test_a_row_that_lost_a_cell_is_not_loaded_under_the_wrong_metal(tmp_path: Path) -> None:
    found = imf(tmp_path, months=("2020-05",))
    path = tmp_path / "lost.csv"
    lines = (tmp_path / "imf.csv").read_text(encoding="utf-8").splitlines()
    lines[-1] = lines[-1].replace(",7.5", "", 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    lost = read(path)
    assert counted(lost)["row_shifted"] == 1
    assert len(found.statements) - len(lost.statements) == 3


def test_semicolons_and_decimal_commas_prove_the_same_columns(tmp_path: Path) -> None:
    imf(tmp_path, mark=";")
    path = tmp_path / "comma.csv"
    text = (tmp_path / "imf.csv").read_text(encoding="utf-8").replace(".", ",")
    path.write_text(text, encoding="utf-8")
    assert amounts(read(path))["tin", APRIL] == Decimal("14952.8")


def test_an_unreadable_month_is_a_problem_and_a_zero_is_unknown(tmp_path: Path) -> None:
    imf(tmp_path)
    path = tmp_path / "more.csv"
    width = len(lookup("prices")["imf"]["headings"])
    extra = ["soon" + ",1" * (width - 1), "2023-13-01" + ",1" * (width - 1), "2023-01-01" + ",0.0" * (width - 1)]
    path.write_text((tmp_path / "imf.csv").read_text(encoding="utf-8") + "\n".join(extra) + "\n", encoding="utf-8")
    found = read(path)
    assert counted(found)["row_without"] == 2 and counted(found)["price_not_positive"] == 3
    assert max(day for _, day in amounts(found)) == date(2022, 1, 31)


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(3, 30), order=st.randoms(use_true_random=False))
def test_the_order_and_the_end_of_the_rows_change_no_statement(
    tmp_path_factory: pytest.TempPathFactory, cut: int, order: Any
) -> None:
    folder = tmp_path_factory.mktemp("imf")
    imf(folder, shift=2, months=tuple(f"2023-{n:02}" for n in range(1, 13)))
    lines = (folder / "imf.csv").read_text(encoding="utf-8").splitlines()
    whole = read(folder / "imf.csv")
    part = table(folder, lines[0], *lines[1 : cut + 1], name="part.csv")
    assert [s.id for s in part.statements] == [s.id for s in whole.statements][: len(part.statements)]
    order.shuffle(mixed := lines[1:])
    assert {s.id for s in table(folder, lines[0], *mixed, name="mixed.csv").statements} == {
        s.id for s in whole.statements
    }


def test_a_price_file_that_does_not_say_of_what_is_gold_only_if_it_shows_gold(tmp_path: Path) -> None:
    shows = {name: lookup("prices")["evidence"][name]["shows"] for name in ("gold", "tin")}
    gold = table(tmp_path, "Date,Price", *(f"{m},{p}" for m, p in shows["gold"].items()))
    tin = table(tmp_path, "Date,Price", *(f"{m},{p}" for m, p in shows["tin"].items()), name="tin.csv")
    assert (gold.format, gold.source) == ("gold-monthly", "gold-monthly")
    assert amounts(gold)["gold", APRIL] == Decimal("1683.17")
    assert not tin.statements and counted(tin) == {"prices_unproven": 1}


def test_daily_prices_are_not_taken_for_monthly_ones(tmp_path: Path) -> None:
    assert table(tmp_path, "Date,Price", "2020-04-29,1703", "2020-04-30,1702").format != "gold-monthly"


def test_the_real_columns_of_the_imf_are_those_of_the_world_bank_month_by_month() -> None:
    """The proof of alignment: where both publish a month, the column we take for a metal is the World Bank's metal."""
    taken = amounts(read(real("prices/imf_commodity_prices_v2.csv")))
    bank = amounts(read(real("prices/worldbank_CMO_monthly_to_2022M04.xlsx")))
    for metal in METALS:
        ratios = [float(taken[key] / bank[key]) for key in taken if key[0] == metal and key in bank]
        assert len(ratios) > 380
        assert all(0.96 < ratio < 1.04 for ratio in ratios), metal
        assert sum(abs(ratio - 1) < 0.005 for ratio in ratios) / len(ratios) > 0.85, metal
    iron = [float(taken[key] / bank[key]) for key in taken if key[0] == "iron-ore" and key in bank]
    assert len(iron) == 161 and all(0.9 < ratio < 1.1 for ratio in iron)


def test_no_heading_of_the_real_imf_file_stands_over_its_metal() -> None:
    path = real("prices/imf_commodity_prices_v2.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = list(csv.reader(lines))
    assert len(header) == 64 and {len(row) for row in rows} == {95}
    april = next(row for row in rows if row[0] == "2020-04-01")
    assert float(april[header.index("Tin")]) == pytest.approx(7.11, abs=0.01)  # not tin
    assert float(april[66]) == 14952.8


def test_the_cobalt_column_is_lme_cash_cobalt() -> None:
    """USGS, Mineral Commodity Summaries 2020: LME cash, US dollars a pound, 11.57, 25.28, 32.94 for 2016 to 2018."""
    taken = amounts(read(real("prices/imf_commodity_prices_v2.csv")))
    for year, pound in ((2016, 11.57), (2017, 25.28), (2018, 32.94)):
        months = [float(amount) for (metal, day), amount in taken.items() if metal == "cobalt" and day.year == year]
        assert len(months) == 12
        assert sum(months) / 12 / 2204.6226 == pytest.approx(pound, rel=0.005)


def test_the_real_imf_file_is_read_with_one_warning() -> None:
    found = read(real("prices/imf_commodity_prices_v2.csv"))
    assert found.version == "64 headings, 95 columns"
    assert [(p.code, p.severity) for p in found.problems] == [("headings_do_not_fit", Severity.WARNING)]
    assert len(found.statements) == 429 * 10 + 202
    assert amounts(found)["cobalt", APRIL] == 29565


def test_the_real_gold_file_agrees_with_the_world_bank() -> None:
    found = read(real("prices/gold_monthly.csv"))
    assert not found.problems and len(found.statements) == 2_322
    gold = amounts(found)
    assert gold["gold", APRIL] == Decimal("1683")
    bank = amounts(read(real("prices/worldbank_CMO_monthly_to_2022M04.xlsx")))
    shared = [abs(float(gold[key] / bank[key]) - 1) for key in gold if key in bank and key[1] >= date(1990, 1, 1)]
    assert len(shared) == 388 and max(shared) < 0.03


def test_the_prices_we_know_columns_by_are_the_world_banks() -> None:
    bank = amounts(read(real("prices/worldbank_CMO_monthly_to_2022M04.xlsx")))
    for metal in (*METALS, "iron-ore"):
        for month, price in lookup("prices")["evidence"][metal]["shows"].items():
            year, number = map(int, month.split("-"))
            last = max(day for commodity, day in bank if commodity == metal and (day.year, day.month) == (year, number))
            assert bank[metal, last] == Decimal(price)


# -- The lookup ------------------------------------------------------------------------------------------------------


def test_no_column_is_both_used_and_ignored() -> None:
    known = lookup("prices")["worldbank"]
    assert not set(known["used"]) & set(known["ignored"])
    assert len(set(known["ignored"])) == len(known["ignored"])
    assert all(name == name.casefold().strip() for name in (*known["used"], *known["ignored"]))


def test_known_months_are_given_oldest_first_and_tell_the_metals_apart() -> None:
    known = {name: entry["shows"] for name, entry in lookup("prices")["evidence"].items() if isinstance(entry, dict)}
    assert set(known) >= set(lookup("prices")["imf"]["commodities"])
    for shows in known.values():
        assert list(shows) == sorted(shows) and len(shows) >= 6
    for one in known:
        for other in known:
            near = [m for m in known[one] if m in known[other]
                    and abs(Decimal(known[one][m]) / Decimal(known[other][m]) - 1) < Decimal("0.06")]  # fmt: skip
            assert one == other or len(near) < lookup("prices")["evidence"]["needed"]


def test_letters_count_as_a_spreadsheet_does() -> None:
    assert [_letters(at) for at in (0, 25, 26, 51, 52, 66, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "BO", "ZZ", "AAA"]


def test_the_real_workbook_prints_what_we_read() -> None:
    path = real("prices/worldbank_CMO_monthly_to_2020M04.xlsx")
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Monthly Prices").to_python()
    at = next(row for row in rows if "Tin" in row).index("Tin")
    printed = {row[0]: row[at] for row in rows if str(row[0]).startswith(("19", "20"))}
    taken = amounts(read(path))
    assert len(printed) == 724
    assert all(float(taken["tin", day]) == printed[f"{day:%Y}M{day:%m}"] for metal, day in taken if metal == "tin")


def test_every_problem_has_a_sentence_and_a_hint_in_each_language(tmp_path: Path) -> None:
    found = [
        read(workbook(tmp_path, ("2020M04", 0, 1.0, 1.0), units=(UNITS[0], "(x)", UNITS[2]))),
        imf(tmp_path, shift=3),
        imf(tmp_path, rows=slice(0, 1), name="short.csv"),
    ]
    problems = [problem for each in found for problem in each.problems]
    wanted = {"price_not_positive", "unit_unknown", "headings_do_not_fit", "price_not_found", "prices_unproven"}
    assert wanted <= {problem.code for problem in problems}
    for problem in problems:
        assert len({sentence(problem, language) for language in LANGUAGES}) == len(LANGUAGES)
        assert all(hint(problem, language) for language in LANGUAGES)
