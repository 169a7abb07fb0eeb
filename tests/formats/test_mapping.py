"""A user's own workbook: its columns guessed with an honest confidence, corrected as YAML, read by the templates."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winze.engine.problems import Log, Problem
from winze.engine.records import NodeStatus, Point, Quote, SiteEntry, Statement, Supply, on
from winze.engine.texts import LANGUAGES, severities
from winze.formats.files import Source, Unreadable
from winze.formats.lines import heading
from winze.formats.mapping import Column, Mapping, SheetMapping, apply, from_yaml, mapping_for, propose, to_yaml
from winze.formats.reading import limits
from winze.formats.templates import TEMPLATES, Entry, write_template


def read_through(mapping: Mapping, path: Path) -> tuple[list[Statement], list[Problem]]:
    source = Source(path, path.name, path.name, Log(path.name, severities()), limits())
    found = list(apply(mapping, source))
    return found, list(source.log)


def a_workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def messy_french(tmp_path: Path) -> Path:
    """As a trading house keeps it: title rows above, a stray note column, dates as text and as dates, a total below."""
    return a_workbook(
        tmp_path / "ACHATS 2020 (v3) final.xlsx",
        Achats=[
            ["COMPTOIR EXEMPLE BUKAVU – registre des achats"],
            [],
            [None, "mis à jour le", datetime(2020, 5, 4)],  # noqa: DTZ001
            [
                "N°",
                "Nom du vendeur",
                "Acquéreur",
                "Minerai",
                "Lieu d'extraction",
                "Itinéraire suivi",
                "Date de début",
                "Obs.",
            ],
            [
                1,
                "Négociant Exemple A",
                "Comptoir Exemple Bukavu",
                "Cassitérite",
                "Shabunda",
                "Shabunda > Bukavu",
                "13/01/2020",
                "ok",
            ],
            [
                2,
                "Négociant Exemple B",
                "Comptoir Exemple Bukavu",
                "or",
                "Mwenga",
                None,
                datetime(2020, 2, 3),  # noqa: DTZ001
                "à revoir",
            ],
            [
                3,
                "Coopérative Exemple C",
                "Comptoir Exemple Bukavu",
                "Coltan",
                "Kalehe",
                "Kalehe > Bukavu",
                "28/02/2020",
                None,
            ],
        ],
        **{
            "Sites visités": [
                ["Nom du site", "Territoire", "Lat.", "Long.", "Minerai 1", "Minerai 2", "Nb creuseurs", "Date visite"],
                ["Exemple Mukera", "Fizi", -4.312, 28.901, "or", None, 120, "02/03/2020"],
                ["Exemple Lubona", "Mwenga", -3.1, 28.4, "cassitérite", "coltan", 35, "15/03/2020"],
            ],
            "Téléphones": [["Qui", "Tél."], ["X", "+243 000"], ["Y", "+243 001"]],
        },
    )


def test_a_messy_french_workbook_is_mapped_sheet_by_sheet(messy_french: Path) -> None:
    buys, sites, phones = propose(messy_french).sheets
    assert (buys.template, buys.header_row) == ("chain", 4)
    assert {c.heading: c.field for c in buys.columns} == {
        "N°": None, "Nom du vendeur": "supplier", "Acquéreur": "buyer", "Minerai": "mineral",
        "Lieu d'extraction": "origin", "Itinéraire suivi": "route", "Date de début": "from", "Obs.": None,
    }  # fmt: skip
    assert buys.missing == ()
    assert (sites.template, sites.header_row) == ("sites", 1)
    assert {c.heading: c.field for c in sites.columns} == {
        "Nom du site": "site", "Territoire": "territory", "Lat.": "latitude", "Long.": "longitude",
        "Minerai 1": "minerals", "Minerai 2": "minerals", "Nb creuseurs": "workers", "Date visite": "seen-on",
    }  # fmt: skip
    assert sites.missing == ("country",) and sites.constants == {"country": None}
    assert phones.template is None


def test_the_french_workbook_reads_through_its_corrected_mapping(messy_french: Path) -> None:
    text = to_yaml(propose(messy_french)).replace("country: null", "country: COD")
    statements, problems = read_through(from_yaml(text), messy_french)
    links = [s.said for s in statements if isinstance(s.said, Supply)]
    assert [(x.supplier, x.mineral, x.origin) for x in links] == [
        ("Négociant Exemple A", "cassiterite", "Shabunda"),
        ("Négociant Exemple B", "gold", "Mwenga"),
        ("Coopérative Exemple C", "coltan", "Kalehe"),
    ]
    assert [s.speaks_of for s in statements][:3] == [on(date(2020, 1, 13)), on(date(2020, 2, 3)), on(date(2020, 2, 28))]
    sites = [s.said for s in statements if isinstance(s.said, SiteEntry)]
    assert sites[1].minerals == ("cassiterite", "coltan") and sites[0].minerals == ("gold",)
    assert sites[0].point == Point(-4.312, 28.901) and sites[0].country == "COD" and sites[0].workers == 120
    assert sorted((p.code, p.origin.cell) for p in problems) == [
        ("column_unknown", "N°"), ("column_unknown", "Obs."), ("sheet_not_mapped", None),
    ]  # fmt: skip
    assert statements[0].origin.row == 5 and statements[0].origin.sheet == "Achats"


def test_a_chinese_workbook_is_mapped_and_read(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "供应商.xlsx",
        采购=[
            ["示例公司采购登记表"],
            ["序号", "供货商名称", "采购方", "矿种", "来源国家", "开始时间", "备注"],
            [1, "示例贸易商甲", "示例冶炼厂", "锡石", "刚果民主共和国", "2020年1月15日", "无"],
            [2, "示例贸易商乙", "示例冶炼厂", "钽铌铁矿", "卢旺达", "2020年2月", None],
            [3, "示例贸易商丙", "示例冶炼厂", "黑钨矿", "卢旺达", "2020/3/1", None],
        ],
    )
    (sheet,) = propose(path).sheets
    assert (sheet.template, sheet.header_row, sheet.missing) == ("chain", 2, ())
    assert {c.heading: c.field for c in sheet.columns if c.field} == {
        "供货商名称": "supplier", "采购方": "buyer", "矿种": "mineral", "来源国家": "origin", "开始时间": "from",
    }  # fmt: skip
    statements, problems = read_through(propose(path), path)
    assert [(s.said.mineral, s.said.origin) for s in statements if isinstance(s.said, Supply)] == [
        ("cassiterite", "COD"), ("coltan", "RWA"), ("wolframite", "RWA"),
    ]  # fmt: skip
    assert statements[1].speaks_of.end == date(2020, 2, 29)
    assert {p.code for p in problems} == {"column_unknown"}


def test_a_price_may_be_put_together_from_columns_and_a_constant(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "prix.xlsx",
        Prix=[["Lieu", "Minerai", "Montant", "Devise", "Date"], ["Bunia", "or", 45.5, "USD", "06/05/2020"]],
    )
    (sheet,) = propose(path).sheets
    assert sheet.template == "quotes"
    assert [c.field for c in sheet.columns] == ["place", "mineral", "price", "price", "date"]
    whole = SheetMapping("Prix", "quotes", 1, sheet.columns, {"price": "{}/g"})
    ((told,), _) = read_through(Mapping((whole,)), path)
    assert isinstance(told.said, Quote) and (told.said.currency, told.said.unit) == ("USD", "gram")


def test_month_first_is_proposed_only_where_the_dates_say_so(tmp_path: Path) -> None:
    titles = ["Supplier", "Buyer", "Mineral", "Start"]
    told = {}
    for name, days in {
        "mdy": ["01/13/2020", "02/03/2020"],
        "dmy": ["13/01/2020", "02/03/2020"],
        "either": ["01/02/2020"],
    }.items():
        path = a_workbook(tmp_path / f"{name}.xlsx", A=[titles, *[["A", "B", "gold", day] for day in days]])
        mapping = propose(path)
        told[name] = mapping.sheets[0].date_order, [s.speaks_of.start for s in read_through(mapping, path)[0]]
    assert told == {
        "mdy": ("mdy", [date(2020, 1, 13), date(2020, 2, 3)]),
        "dmy": ("dmy", [date(2020, 1, 13), date(2020, 3, 2)]),
        "either": ("dmy", [date(2020, 2, 1)]),
    }


def test_cells_that_contradict_a_heading_lower_its_confidence(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Supplier", "Buyer", "Mineral", "Start"], ["A", "B", "gold", "2020-01-01"]]
    right = propose(a_workbook(tmp_path / "a.xlsx", A=rows)).sheets[0].columns[3]
    wrong = propose(a_workbook(tmp_path / "b.xlsx", A=[rows[0], ["A", "B", "gold", "call me"]])).sheets[0].columns[3]
    assert right.field == "from" and right.confidence > 0.9
    assert wrong.field is None or wrong.confidence < right.confidence


def test_a_workbook_of_something_else_is_not_mapped(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "x.xlsx", Sheet=[["Song", "Band", "Length"], ["a", "b", 3], ["c", "d", 4]])
    assert propose(path).sheets == (SheetMapping("Sheet", None),)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_our_own_headings_map_to_themselves_in_every_language(tmp_path: Path, name: str, language: str) -> None:
    titles = TEMPLATES[name].headings(language)
    (sheet,) = propose(a_workbook(tmp_path / "t.xlsx", A=[list(titles)])).sheets
    assert sheet.template == name
    assert [column.field for column in sheet.columns] == list(TEMPLATES[name].columns)


def test_a_mapping_survives_its_yaml(messy_french: Path) -> None:
    mapping = propose(messy_french)
    assert from_yaml(to_yaml(mapping)) == mapping
    assert "Acquéreur" in to_yaml(mapping)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "winze-mapping"),
        ("- 1", "winze-mapping"),
        ("winze-mapping: 2\nsheets: []", "winze-mapping: 2"),
        ("winze-mapping: 1", "sheets"),
        ("winze-mapping: 1\nsheets: [{sheet: A, template: hamster}]", "sheets[0].template: 'hamster'"),
        ("winze-mapping: 1\nsheets: [{template: chain, header_row: 0}]", "sheets[0].header_row"),
        ("winze-mapping: 1\nsheets: [{template: chain, date_order: ymd}]", "sheets[0].date_order"),
        ("winze-mapping: 1\nsheets: [{template: chain, constants: {country: COD}}]", "sheets[0].constants: 'country'"),
        (
            "winze-mapping: 1\nsheets: [{template: chain, columns: [{heading: A, field: suplier}]}]",
            "columns[0].field: 'suplier'",
        ),
        ("winze-mapping: 1\nsheets: [{template: chain, columns: [{field: supplier}]}]", "columns[0].heading"),
        ("winze-mapping: 1\nsheets: [{template: chain, columns: [{heading: A, field: [x]}]}]", "columns[0].field"),
        ("winze-mapping: 1\nsheets: [{template: chain, column: []}]", "sheets[0]: 'column'"),
        ("winze-mapping: [", "line"),
        ("!!python/object/apply:os.system ['true']", "python"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_the_place(text: str, named: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        from_yaml(text)
    assert wrong.value.code == "mapping_broken" and named in str(wrong.value.values["detail"])


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_loading_of_a_mapping(text: str) -> None:
    with pytest.raises(Unreadable):
        from_yaml(text)


def test_a_mapping_saved_beside_a_file_belongs_to_it(tmp_path: Path, messy_french: Path) -> None:
    assert mapping_for(messy_french) is None
    beside = messy_french.with_name(messy_french.name + ".map.yaml")
    beside.write_text(to_yaml(propose(messy_french)), encoding="utf-8")
    assert mapping_for(messy_french) == propose(messy_french)
    beside.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unreadable):
        mapping_for(messy_french)


def test_a_sheet_or_heading_that_went_away_is_said_and_the_rest_is_read(messy_french: Path) -> None:
    columns = (
        Column("Nom du vendeur", "supplier"), Column("Acquéreur", "buyer"), Column("Minerai", "mineral"),
        Column("Date de début", "from"), Column("Provenance", "origin"),
    )  # fmt: skip
    mapping = Mapping((SheetMapping("Achats", "chain", 4, columns), SheetMapping("Ventes", "chain", 1)))
    statements, problems = read_through(mapping, messy_french)
    assert len(statements) == 3
    assert {"heading_missing", "sheet_missing", "sheet_not_mapped"} <= {p.code for p in problems}
    assert dict(next(p for p in problems if p.code == "heading_missing").values) == {"column": "Provenance"}


def test_a_mapping_without_a_required_column_yields_nothing_and_says_so(messy_french: Path) -> None:
    mapping = Mapping((SheetMapping("Achats", "chain", 4, (Column("Nom du vendeur", "supplier"),)),))
    statements, problems = read_through(mapping, messy_french)
    assert statements == []
    missing = [dict(p.values)["column"] for p in problems if p.code == "column_missing"]
    assert missing == [heading(column, "fr") for column in ("buyer", "mineral", "from")]


def test_a_text_file_can_be_mapped_too(tmp_path: Path) -> None:
    path = tmp_path / "cierres.csv"
    path.write_text(
        "Nombre;Tipo;Estado;Lugar;Desde\nMina Ejemplo;mina;cerrada;Antioquia;24/03/2020\n", encoding="utf-8"
    )
    mapping = propose(path)
    ((told,), problems) = read_through(mapping, path)
    assert isinstance(told.said, NodeStatus) and (told.said.node_kind, told.said.state) == ("mine", "closed")
    assert told.subject == "area:Antioquia" and problems == []


@given(
    rows=st.lists(
        st.lists(st.none() | st.text(max_size=8) | st.integers(-9, 99999) | st.dates(), max_size=6), max_size=8
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_workbook_breaks_the_proposal_and_what_is_proposed_can_be_saved(
    tmp_path: Path, rows: list[list[object]]
) -> None:
    path = tmp_path / "any.csv"
    path.write_text(
        "\n".join(",".join("" if c is None else str(c).replace("\0", "") for c in row) for row in rows) + "\nA,B",
        "utf-8",
    )
    mapping = propose(path)
    assert from_yaml(to_yaml(mapping)) == mapping
    read_through(mapping, path)


def test_what_a_template_writes_maps_back_without_its_marker(tmp_path: Path) -> None:
    rows: list[dict[str, Entry]] = [
        {"supplier": "A", "buyer": "B", "mineral": "oro", "from": date(2020, 1, 1), "position": "comprador"}
    ]
    write_template("chain", tmp_path / "t.csv", "es", rows)
    path = tmp_path / "own.csv"
    path.write_text("\n".join((tmp_path / "t.csv").read_text("utf-8-sig").splitlines()[1:]), "utf-8")
    ((told,), _) = read_through(propose(path), path)
    assert isinstance(told.said, Supply) and told.said.my_position == "buyer"
    assert yaml.safe_load(to_yaml(propose(path)))["winze-mapping"] == 1
