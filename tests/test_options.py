import dataclasses

import numpy as np
import pytest

from antema import InvalidOption, SegmentationOptions, SeparationOptions, Settings
from antema.options import Options, option


@dataclasses.dataclass(frozen=True)
class Sample(Options):
    size: float = option(1.5, "Size", "How large.", unit="nm", limits=(0, 10))
    count: int = option(3, "Count", "How many.", limits=(1, 5))
    kind: str = option("a", "Kind", "Which.", choices=("a", "b"))
    on: bool = option(True, "On", "Whether.")
    maybe: float | None = option(None, "Maybe", "Perhaps.", limits=(0, 1))


def test_values_come_back_in_the_type_of_the_field():
    made = Sample(size=2, count=np.int64(4), maybe=1)
    assert (made.size, made.count, made.maybe) == (2.0, 4, 1.0)
    assert [type(v) for v in (made.size, made.count, made.maybe)] == [float, int, float]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"size": 11}, "size must lie between 0 and 10 nm, not 11"),
        ({"size": float("nan")}, "size must lie between"),
        ({"size": "2"}, "size must be a number, not '2'"),
        ({"count": 2.5}, "count must be a whole number, not 2.5"),
        ({"count": True}, "count must be a whole number, not True"),
        ({"kind": "c"}, "kind must be one of a, b, not 'c'"),
        ({"on": 1}, "on must be yes or no"),
        ({"maybe": 2}, "maybe must lie between 0 and 1, not 2"),
    ],
)
def test_values_outside_are_refused_in_a_sentence(values, sentence):
    with pytest.raises(InvalidOption, match=sentence):
        Sample(**values)


def test_a_saved_dictionary_gives_the_same_options():
    made = Settings(
        SegmentationOptions(threshold=0.4), SeparationOptions(method="watershed", convexity=0.9)
    )
    assert Settings.from_dict(made.to_dict()) == made


def test_absent_keys_keep_the_default_and_unknown_ones_are_refused():
    made = Settings.from_dict({"separation": {"convexity": 0.9}})
    assert made == Settings(separation=SeparationOptions(convexity=0.9))
    with pytest.raises(InvalidOption, match="Unknown option convexit"):
        Settings.from_dict({"separation": {"convexit": 0.9}})


def test_a_value_where_a_group_belongs_is_refused():
    with pytest.raises(InvalidOption, match="SeparationOptions are made from names and values"):
        Settings.from_dict({"separation": 3})
    with pytest.raises(InvalidOption, match="separation must be given as SeparationOptions"):
        Settings(separation=3)


@pytest.mark.parametrize("stage", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_every_option_is_described(stage):
    for field in dataclasses.fields(stage.default):
        about = field.metadata
        assert about["label"]
        assert about["help"].endswith(".")
        numeric = isinstance(field.default, (int, float)) and not isinstance(field.default, bool)
        assert not numeric or about["limits"] is not None
