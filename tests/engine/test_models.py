"""Files of learnt weights: what is written is read again, the right day's are in force, a malformed one is refused."""

from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from winze.engine import models
from winze.engine.likelihood import EXPERT, FORCES, SPEAKING, Band, Model, Scale

DAY = date(2018, 12, 31)
TARGET = "non-state-armed-interference"


def model(target=TARGET, **fields):
    plain = Model(
        target=target, rule=f"likelihood/{target}", base=-0.5, sharpness=0.9, prior_yes=0.1, prior_no=0.3,
        conflict=0.2, conflict_typical=2.3, scales=(Scale(2.0, 6000.0, 0.3), Scale(50.0, 15.0, 0.0)),
        weights=dict.fromkeys(SPEAKING, 0.5), spread=((0.0, 0.8), (365.0, 1.5)),
        measured=((0.0, (Band(0.0, 0.5, 40, 0.2, 7), Band(0.5, 1.01, 10, 0.75, 8))), (30.0, ())),
        countries=("COD",), trained_to=DAY, training="14553ab766d8e022",
    )  # fmt: skip
    return replace(plain, **fields)


def written(folder, *targets, day=DAY, **fields):
    given_ = {each.target: replace(each, trained_to=day) for each in targets or (model(**fields),)}
    path = folder / f"{day}.yaml"
    path.write_text(models.write(given_, dict.fromkeys(given_, 50), ["b", "a"], day), encoding="utf-8")
    return path


POSITIVE = st.floats(0.001, 1000).map(lambda x: float(f"{x:.6g}"))
WEIGHT = st.floats(0, 1000).map(lambda x: float(f"{x:.6g}"))
LOG_ODDS = st.floats(-9, 9).map(lambda x: float(f"{x:.6g}"))
SCALES = st.lists(st.builds(Scale, POSITIVE, POSITIVE, WEIGHT), min_size=1, max_size=5).map(tuple)
MODELS = st.builds(
    model, st.sampled_from(sorted(FORCES)), base=LOG_ODDS, sharpness=POSITIVE, prior_yes=POSITIVE, prior_no=POSITIVE,
    conflict=WEIGHT, conflict_typical=LOG_ODDS, scales=SCALES,
    weights=st.lists(WEIGHT, min_size=len(SPEAKING), max_size=len(SPEAKING)).map(
        lambda w: dict(zip(SPEAKING, w, strict=True))
    ),
)  # fmt: skip


@given(MODELS)
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_again(tmp_path_factory, one):
    assert models.read(written(tmp_path_factory.mktemp("m"), one)) == {one.target: one}


def test_several_targets_are_read_each_with_its_own_weights(tmp_path):
    both = [model(target, base=base) for target, base in zip(sorted(FORCES), (-1.0, 2.0), strict=True)]
    path = written(tmp_path, *both)
    assert models.read(path) == {one.target: one for one in both}
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (told["trained_to"], told["sources"], told["countries"]) == (DAY, ["a", "b"], ["COD"])
    assert path.read_text(encoding="utf-8").startswith(f"# Weights of the likelihood learnt from visits up to {DAY}")


def test_numbers_keep_six_digits(tmp_path):
    (read,) = models.read(written(tmp_path, model(base=-0.123456789, sharpness=1234567.8))).values()
    assert (read.base, read.sharpness) == (-0.123457, 1234570.0)


# -- in force --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "trained_to"),
    [(date(2015, 12, 31), date(2015, 12, 31)), (date(2016, 6, 1), date(2015, 12, 31)),
     (date(2018, 12, 30), date(2016, 12, 31)), (date(2018, 12, 31), DAY), (date(2030, 1, 1), DAY)],
)  # fmt: skip
def test_the_newest_file_trained_to_a_day_not_later_is_in_force(tmp_path, as_of, trained_to):
    for day in (DAY, date(2015, 12, 31), date(2016, 12, 31)):
        written(tmp_path, model(base=float(day.year)), day=day)
    (found,) = models.in_force(as_of, tmp_path).values()
    assert (found.trained_to, found.base) == (trained_to, float(trained_to.year))


def test_before_the_first_file_none_is_in_force(tmp_path):
    written(tmp_path)
    assert models.in_force(date(2018, 12, 30), tmp_path) == {}
    assert models.in_force(DAY, tmp_path / "nowhere") == {}


def test_a_later_file_is_not_opened(tmp_path):
    written(tmp_path)
    (tmp_path / "2019-12-31.yaml").write_text("{not yaml", encoding="utf-8")
    assert set(models.in_force(date(2019, 6, 1), tmp_path)) == {TARGET}


def test_files_that_are_no_weights_are_left_alone(tmp_path):
    written(tmp_path)
    for name in ("recipe.yaml", "README.txt", "2019-01-01.txt"):
        (tmp_path / name).write_text("{", encoding="utf-8")
    assert models.check(tmp_path) == []
    assert set(models.in_force(date(2020, 1, 1), tmp_path)) == {TARGET}


# -- malformed -------------------------------------------------------------------------------------------------------


def spoilt(tmp_path, spoil):
    path = written(tmp_path)
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    spoil(told, told["targets"][TARGET])
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path


SPOILT = {
    "an unknown field at the top": (lambda top, one: top.update(odd=1), "odd"),
    "a missing field at the top": (lambda top, one: top.pop("training"), "training"),
    "an unknown field of a target": (lambda top, one: one.update(odd=1), "odd"),
    "a missing field of a target": (lambda top, one: one.pop("prior_no"), "prior_no"),
    "an unknown kind of statement": (lambda top, one: one["weights"].update(guessed=1), "guessed"),
    "a missing kind of statement": (lambda top, one: one["weights"].pop("told-no"), "told-no"),
    "weights that are a list": (lambda top, one: one.update(weights=[1]), "weights"),
    "a negative weight": (lambda top, one: one["weights"].update({"seen-yes": -0.1}), TARGET),
    "a negative weight of a scale": (lambda top, one: one.update(scales=[[2, 30, -1]]), TARGET),
    "no scales": (lambda top, one: one.update(scales=[]), TARGET),
    "a distance of nothing": (lambda top, one: one.update(scales=[[0, 30, 1]]), TARGET),
    "a scale of two numbers": (lambda top, one: one.update(scales=[[2, 30]]), TARGET),
    "a prior of nothing": (lambda top, one: one.update(prior_yes=0), TARGET),
    "a negative weight of conflict": (lambda top, one: one.update(conflict=-0.2), TARGET),
    "a word for a number": (lambda top, one: one.update(base="low"), TARGET),
    "a number that is none": (lambda top, one: one.update(base=float("nan")), TARGET),
    "a weight that is no number": (lambda top, one: one["weights"].update({"armed": float("nan")}), TARGET),
    "a distance without end": (lambda top, one: one.update(scales=[[float("inf"), 30, 1]]), TARGET),
    "no spread": (lambda top, one: one.update(spread=[]), "spread"),
    "a spread out of order": (lambda top, one: one.update(spread=[[365, 1.5], [0, 0.8]]), "spread"),
    "a negative spread": (lambda top, one: one.update(spread=[[0, -0.8]]), "spread"),
    "a band without its visits": (lambda top, one: one["measured"][0]["bands"][0].pop("visits"), "visits"),
    "another day than its name": (lambda top, one: top.update(trained_to=date(2018, 12, 30)), "trained_to"),
    "a target that is asked by nobody": (lambda top, one: top["targets"].update(theft=one), "theft"),
    "targets that are a list": (lambda top, one: top.update(targets=[1]), "targets"),
    "no targets": (lambda top, one: top.update(targets={}), "targets"),
    "countries that are nothing": (lambda top, one: top.update(countries=None), TARGET),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILT)
def test_a_malformed_file_is_refused_with_file_and_field(tmp_path, what):
    spoil, field = SPOILT[what]
    path = spoilt(tmp_path, spoil)
    with pytest.raises(models.Malformed) as refused:
        models.read(path)
    assert str(refused.value).startswith("2018-12-31.yaml: ") and field in str(refused.value)
    assert models.check(tmp_path) == [str(refused.value)]


@pytest.mark.parametrize("text", ["{not yaml", "[]", "", "plain words", "\x00"])
def test_what_is_no_yaml_of_weights_is_refused(tmp_path, text):
    (tmp_path / "2018-12-31.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(models.Malformed, match=r"^2018-12-31.yaml: "):
        models.read(tmp_path / "2018-12-31.yaml")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "2018-12-31.yaml").write_bytes(b"\xff\xfe\x00base")
    with pytest.raises(models.Malformed, match="not readable"):
        models.read(tmp_path / "2018-12-31.yaml")


@pytest.mark.parametrize("name", ["2018-13-01.yaml", "2018.yaml", "2018-02-30.yaml", "2018-12-31b.yaml"])
def test_a_file_whose_name_is_no_day_is_refused_by_name(tmp_path, name):
    written(tmp_path).rename(tmp_path / name)
    for ask in (lambda: models.in_force(DAY, tmp_path), lambda: models.read(tmp_path / name)):
        with pytest.raises(models.Malformed, match=f"^{name}: the name must be the day"):
            ask()
    assert len(models.check(tmp_path)) == 1


# -- shipped ---------------------------------------------------------------------------------------------------------


def test_the_shipped_files_are_well_formed_and_speak_only_of_what_is_asked():
    assert models.check() == []
    for path in (files("winze.rules") / "models").iterdir():
        if path.name == "recipe.yaml" or not path.name.endswith(".yaml"):
            continue
        shipped = models.read(path)
        assert shipped and set(shipped) <= set(FORCES) and not set(shipped) & set(EXPERT)
        for each in shipped.values():
            assert each.basis == "learnt" and each.countries and each.training
            assert models.in_force(each.trained_to) == shipped
            assert each.deviation(0) > 0 and each.deviation(0) <= each.deviation(365)
            assert all(band.found <= band.visits and band.low <= band.mean < band.high
                       for _, bands in each.measured for band in bands)  # fmt: skip
