"""Peterson and Barney's averages, as published."""

import numpy as np
import pytest

from minprune.datasets.formants import HERTZ, VOICES, WORDS, formants


def test_known_vowels():
    assert formants("heed", "men").tolist() == [136, 270, 2290, 3010]
    assert formants("hod", "women").tolist() == [212, 850, 1220, 2810]
    assert formants("heard", "children").tolist() == [261, 560, 1820, 2160]         # low F3: the r


def test_the_table_is_whole_and_plausible():
    table = np.array([HERTZ[voice] for voice in VOICES])
    assert table.shape == (3, 10, 4) and sum(VOICES.values()) == 76 and len(set(WORDS)) == 10
    assert (np.diff(table, axis=2) > 0).all()                   # F0 < F1 < F2 < F3
    assert (np.diff(table, axis=0) > 0).mean() > 0.97           # shorter vocal tracts sound higher, nearly always
    for voice in table:                                         # the tongue high and in front; and the r of heard
        assert WORDS[voice[:, 1].argmin()] == WORDS[voice[:, 2].argmax()] == "heed"
        assert WORDS[voice[:, 3].argmin()] == "heard"


@pytest.mark.parametrize("word, voice, nearest", [("heeds", "men", "heed"), ("hud", "man", "men")])
def test_what_is_not_there_is_told_the_nearest(word, voice, nearest):
    with pytest.raises(ValueError, match=f'did you mean "{nearest}"'):
        formants(word, voice)
