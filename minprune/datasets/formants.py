"""Formants: the resonances of the vocal tract in ten American English vowels, as Peterson and Barney measured them.

G. E. Peterson & H. L. Barney, "Control Methods Used in a Study of the Vowels", Journal of the Acoustical Society of
America 24 (1952), 175–184, table II: averages over 33 men, 28 women and 15 children, each of whom said each word twice.
The article itself was not opened. The numbers are those on which two independent transcriptions of the table agree, in
the repositories LancePutnam/Gamma (Gamma/FormantData.h) and ctoth/Qlatt (papers/Peterson_Barney_1952_VowelControl).
"""

import numpy as np

from ..engine.checks import check_known

WORDS = ("heed", "hid", "head", "had", "hod", "hawed", "hood", "who'd", "hud", "heard")
VOICES = {"men": 33, "women": 28, "children": 15}           # how many speakers

# Of each word F0, the pitch, and the formants F1, F2, F3, in hertz.
HERTZ = {
    "men": [[136, 270, 2290, 3010], [135, 390, 1990, 2550], [130, 530, 1840, 2480], [127, 660, 1720, 2410],
            [124, 730, 1090, 2440], [129, 570, 840, 2410], [137, 440, 1020, 2240], [141, 300, 870, 2240],
            [130, 640, 1190, 2390], [133, 490, 1350, 1690]],
    "women": [[235, 310, 2790, 3310], [232, 430, 2480, 3070], [223, 610, 2330, 2990], [210, 860, 2050, 2850],
              [212, 850, 1220, 2810], [216, 590, 920, 2710], [232, 470, 1160, 2680], [231, 370, 950, 2670],
              [221, 760, 1400, 2780], [218, 500, 1640, 1960]],
    "children": [[272, 370, 3200, 3730], [269, 530, 2730, 3600], [260, 690, 2610, 3570], [251, 1010, 2320, 3320],
                 [256, 1030, 1370, 3170], [263, 680, 1060, 3180], [276, 560, 1410, 3310], [274, 430, 1170, 3260],
                 [261, 850, 1590, 3360], [261, 560, 1820, 2160]]}


def formants(word, voice):
    """Return (4,) the pitch F0 and the formants F1, F2, F3 in hertz, `formants("heed", "men")` → 136, 270, 2290, 3010.

    word: one of WORDS; voice: "men", "women" or "children". Raises ValueError that names the nearest one.
    """
    check_known("word", word, WORDS)
    check_known("voice", voice, VOICES)
    return np.array(HERTZ[voice][WORDS.index(word)], np.float64)
