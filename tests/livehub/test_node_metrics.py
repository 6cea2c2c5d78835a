"""Expositions of several processes become one that Prometheus takes: families together, every sample with its worker."""

from prometheus_client.parser import text_string_to_metric_families

from livehub.base.metrics import exposition
from livehub.node.node_metrics import merged

ONE = """# HELP a_total So many
# TYPE a_total counter
a_total{kind="x y",odd="{}"} 1.0
a_total 2.0
# HELP b Now
# TYPE b gauge
b 3.0
"""
OTHER = """# HELP b Now, in other words
# TYPE b gauge
b 4.0
# HELP c Only here
# TYPE c gauge
c{le="+Inf"} 5.0
"""


def test_families_stand_together_and_samples_say_whose_they_are():
    assert (
        merged({"1": ONE, "2": OTHER, "jobs": None}).decode()
        == """# HELP a_total So many
# TYPE a_total counter
a_total{worker="1",kind="x y",odd="{}"} 1.0
a_total{worker="1"} 2.0
# HELP b Now
# TYPE b gauge
b{worker="1"} 3.0
b{worker="2"} 4.0
# HELP c Only here
# TYPE c gauge
c{worker="2",le="+Inf"} 5.0
# HELP livehub_worker_up Whether a process of this node answered
# TYPE livehub_worker_up gauge
livehub_worker_up{worker="1"} 1.0
livehub_worker_up{worker="2"} 1.0
livehub_worker_up{worker="jobs"} 0.0
"""
    )


def test_our_own_exposition_loses_nothing():
    text = exposition().decode()
    before = list(text_string_to_metric_families(text))
    after = {family.name: family for family in text_string_to_metric_families(merged({"7": text}).decode())}
    assert after.keys() == {family.name for family in before} | {"livehub_worker_up"}
    for family in before:
        merged_family = after[family.name]
        assert (merged_family.type, merged_family.documentation) == (family.type, family.documentation)
        assert [(s.name, {**s.labels, "worker": "7"}) for s in family.samples] == [
            (s.name, s.labels) for s in merged_family.samples
        ]
