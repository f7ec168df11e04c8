"""Numbers as people read them."""


from cases import each
from minprune.plots.measures import MEASURES, with_unit


@each("measure, value, text", [
    ("parameters", 1234567, "1,234,567"), ("neurons", 12, "12"), ("bytes", 2048, "2.0 KiB"),
    ("latency", 0.00123456, "1.23 ms"), ("latency", 0.75, "750 ms"), ("latency", 1.5, "1.50 s"),
])
def test_a_number_has_its_unit(measure, value, text):
    assert measure in MEASURES and with_unit(measure, value) == text
