"""The words of CBV 2.0 and of the GS1 web vocabulary that events may use, and how they are written. Pure: no I/O.

In JSON a word of the standard stands bare (`shipping`), or as the CURIE or URI of the web vocabulary (`cbv:BizStep-shipping`,
`https://ref.gs1.org/cbv/BizStep-shipping`); words of others are URIs or CURIEs of a prefix that the document declares. GS1's
schema takes any bare word, and any URI below those of CBV: here they have to be in the tables (OpenEPCIS refuses them, too).
"""

import re
from collections.abc import Mapping

from msgspec import Struct

CBV = "https://ref.gs1.org/cbv/"
VOC = "https://gs1.org/voc/"
EPCIS = "https://ref.gs1.org/epcis/"
PREFIXES = {  # of the standard's own JSON-LD context
    "cbv": CBV,
    "gs1": VOC,
    "epcis": EPCIS,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
OUTDATED = ("https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")
OURS_OF_GS1 = (CBV, VOC, *OUTDATED, "https://ref.gs1.org/voc/")

URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")
URI_BYTES_MAX = 2_000  # more than an index of PostgreSQL takes is 2,700


class Vocabulary(Struct, frozen=True):
    """`words`: the bare ones; `namespace`: what stands before a word in its URI; `urn`: the same, in CBV 1.2."""

    name: str
    words: frozenset[str]
    namespace: str
    urn: str = ""


def _vocabulary(name: str, namespace: str, urn: str, words: str) -> Vocabulary:
    return Vocabulary(name, frozenset(words.split()), namespace, urn)


BIZ_STEPS = _vocabulary(
    "bizStep", f"{CBV}BizStep-", "urn:epcglobal:cbv:bizstep:",
    """accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting decommissioning
    departing destroying disassembling dispensing encoding entering_exiting holding inspecting installing killing loading other
    packing picking receiving removing repackaging repairing replacing reserving retail_selling shipping staging_outbound
    stock_taking stocking storing transporting unloading unpacking void_shipping sensor_reporting sampling""",
)  # fmt: skip
DISPOSITIONS = _vocabulary(
    "disposition", f"{CBV}Disp-", "urn:epcglobal:cbv:disp:",
    """active container_closed damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive
    no_pedigree_match non_sellable_other partially_dispensed recalled reserved retail_sold returned sellable_accessible
    sellable_not_accessible stolen unknown available completeness_verified completeness_inferred conformant container_open
    mismatch_instance mismatch_class mismatch_quantity needs_replacement non_conformant unavailable""",
)  # fmt: skip
BIZ_TRANSACTIONS = _vocabulary(
    "bizTransaction type", f"{CBV}BTT-", "urn:epcglobal:cbv:btt:",
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt",
)  # fmt: skip
SOURCES_AND_DESTINATIONS = _vocabulary(
    "type of a source or destination", f"{CBV}SDT-", "urn:epcglobal:cbv:sdt:", "owning_party possessing_party location",
)  # fmt: skip
ERROR_REASONS = _vocabulary(
    "reason of an error declaration", f"{CBV}ER-", "urn:epcglobal:cbv:er:", "did_not_occur incorrect_data"
)
COMPONENTS = _vocabulary(
    "component", f"{CBV}Comp-", "",
    """x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude longitude
    altitude""",
)  # fmt: skip
ALERTS = _vocabulary("exception", VOC, "", "ALARM_CONDITION ERROR_CONDITION")
MEASUREMENTS = _vocabulary(
    "type of a sensor report", VOC, "",
    """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance Conductance
    Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent
    ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance
    KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity
    MagneticVectorPotential Mass MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy
    MolarMass MolarVolume Power Pressure RadiantFlux RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle
    SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction
    VolumetricFlux Wavenumber
    EffectiveDose EffectiveDoseRate""",  # the last line: in the web vocabulary and in others' documents, not in the schema
)  # fmt: skip

ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})


def expanded(vocabulary: Vocabulary, word: str, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """The URI of a word in any of its forms; what is none of the vocabulary's is given back with its prefix written out."""
    if word in vocabulary.words:
        return vocabulary.namespace + word
    if vocabulary.urn and word.startswith(vocabulary.urn):
        return vocabulary.namespace + word[len(vocabulary.urn) :]
    prefix, colon, rest = word.partition(":")
    if colon and prefix in prefixes and not rest.startswith("//"):
        return _current(vocabulary, prefixes[prefix] + rest)
    return _current(vocabulary, word)


def _current(vocabulary: Vocabulary, uri: str) -> str:
    """Of the places where GS1 has had its vocabularies, the one of today."""
    for namespace in OURS_OF_GS1:
        local = uri.removeprefix(namespace)
        if local != uri:
            bare = local.removeprefix(vocabulary.namespace.rpartition("/")[2])
            return vocabulary.namespace + bare if bare in vocabulary.words else uri
    return uri


def fault_of(vocabulary: Vocabulary, word: str, prefixes: Mapping[str, str]) -> str | None:
    """What is wrong with a word in an event; None if it is right."""
    if word in vocabulary.words:
        return None
    if len(word.encode()) > URI_BYTES_MAX or not URI.fullmatch(word):
        return f"{word[:80]!r} is no {vocabulary.name} of the standard, and no URI"
    if vocabulary.urn and word.startswith("urn:epcglobal:cbv:"):
        return f"{word[:80]!r} is a word of the standard, which stands bare in JSON"
    uri = expanded(vocabulary, word, prefixes)
    is_claimed = uri.startswith((vocabulary.namespace, *OUTDATED))
    if is_claimed and uri.removeprefix(vocabulary.namespace) not in vocabulary.words:
        return f"{word[:80]!r} is no {vocabulary.name} of the standard"
    return None
