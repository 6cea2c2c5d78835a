"""Units of UN/CEFACT Recommendation 20: which measure what, and values in the base unit of it. Pure: no I/O.

EPCIS 2.0, 8.2.7.1 (TCR-53): a query in one unit finds reports in every unit of the same measure. Factors by NIST Special
Publication 811, appendix B; a base value is value * factor + offset. A few codes measure several things (N/m is a tension and
a stiffness): they are listed with what the web vocabulary has them for.
"""

from math import isfinite

from msgspec import Struct

_TABLE = {
    "Temperature": "KEL 1|CEL 1 273.15|FAH 5/9 255.37222222222222|A48 5/9",
    "AbsoluteHumidity MassConcentration Density": "KMQ 1|A93 1e-3|GL 1|GP 1e-6|M1 1e-3|GQ 1e-9|23 1000|GJ 1000|F23 1|"
    "B35 1000|87 16.01846|D41 1000|H29 1e-6",
    "RelativeHumidity VolumeFraction Dimensionless": "P1 1e-2|C62 1|59 1e-6|61 1e-9|NX 1e-3",
    "Pressure": "PAL 1|H75 10|74 1e-3|A89 1e9|A97 100|B96 1e-6|KPA 1e3|MPA 1e6|BAR 1e5|MBR 100|C55 1|C56 1e6|B40 9.80665|"
    "UA 133.3224|80 6894.757|H78 98.0665|HP 9.80665|F79 3386.389|F78 249.0889|ATT 98066.5|ATM 101325|HN 133.3224|PS 6894.757|"
    "J89 1333.224|K24 2989.067|E42 98066.5|N23 9806.65",
    "Force": "NEW 1|B47 1e3|B73 1e6|B92 1e-6|C20 1e-3|DU 1e-5|C78 4.448222|B37 9.80665|B51 9.80665",
    "Energy": "JOU 1|KJO 1e3|3B 1e6|GV 1e9|C15 1e-3|WHR 3600|KWH 3.6e6|MWH 3.6e9|GWH 3.6e12|A53 1.602176634e-19|A57 1e-7|"
    "85 1.355818|D60 4.1868|E14 4186.8|K53 4184|BTU 1055.056|J55 1",
    "Power RadiantFlux": "WTT 1|KWT 1e3|MAW 1e6|A90 1e9|C31 1e-3|D80 1e-6|HJ 735.49875|BHP 745.7|A63 1e-7",
    "ElectricCharge": "COU 1|A8 1|AMH 3600|TAH 3.6e6|D86 1e-3|B26 1e3|B86 1e-6|C40 1e-9|C71 1e-12|E09 3.6",
    "ElectricCurrent": "AMP 1|B22 1e3|H38 1e6|4K 1e-3|B84 1e-6|C39 1e-9|C70 1e-12",
    "Voltage": "VLT 1|2Z 1e-3|D82 1e-6|KVT 1e3|B78 1e6",
    "Resistance": "OHM 1|A87 1e9|B75 1e6|B49 1e3|E45 1e-3|B94 1e-6|P22 1e-9",
    "Conductance": "SIE 1|B53 1e3|C27 1e-3|B99 1e-6|N92 1e-12|NQ 1|NR 1e-6",
    "Conductivity": "D10 1|H43 100|H61 0.1|G42 1e-4|G43 1e-6",
    "Resistivity": "C61 1|C60 0.01",
    "Capacitance": "FAR 1|C10 1e-3|4O 1e-6|C41 1e-9|4T 1e-12",
    "Inductance": "81 1|C14 1e-3|B90 1e-6|C43 1e-9|C73 1e-12",
    "ElectricFieldStrength": "D50 1|B79 1e6|C30 1e3|D47 100",
    "ElectricCurrentDensity": "A41 1|A7 1e6|A4 1e4|B23 1e3",
    "MagneticFlux": "WEB 1|C33 1e-3|P11 1e3",
    "MagneticFluxDensity": "D33 1|C29 1e-3|D81 1e-6|C48 1e-9|P12 1e-9|P13 1e3",
    "MagneticVectorPotential": "D59 1",
    "Angle": "C81 1|C25 1e-3|B97 1e-6|A91 0.015707963267948967|DD 0.017453292519943295|D61 0.0002908882086657216|"
    "D62 4.84813681109536e-06|M43 0.0009817477042468104|M44 6.283185307179586",
    "SolidAngle": "D27 1",
    "AngularVelocity": "2A 1|E96 0.017453292519943295|RPM 0.10471975511965977|RPS 6.283185307179586",
    "AngularAcceleration": "2B 1|M45 0.017453292519943295",
    "Mass": "KGM 1|GRM 1e-3|ONZ 0.02834952|LBR 0.45359237|MGM 1e-6|MC 1e-9|STI 6.350293|TNE 1e3|DJ 1e-2|DG 1e-4|HGM 0.1|"
    "KTN 1e6|2U 1e3|STN 907.18474|LTN 1016.0469088|CWA 45.359237|CWI 50.802345|58 1|DTN 100|APZ 0.03110348|GRN 6.479891e-5",
    "Length Altitude": "MTR 1|A11 1e-10|A71 1e-15|C52 1e-12|C45 1e-9|4H 1e-6|DMT 0.1|CMT 0.01|MMT 1e-3|INH 0.0254|FOT 0.3048|"
    "YRD 0.9144|SMI 1609.344|NMI 1852|A45 10|HMT 100|KMT 1e3|AK 1.8288",
    "Area": "MTK 1|KMK 1e6|H30 1e-12|DAA 1000|CMK 1e-4|DMK 1e-2|H16 100|H18 1e4|MMK 1e-6|ARE 100|HAR 1e4|INK 6.4516e-4|"
    "FTK 0.09290304|YDK 0.8361274|MIK 2589988.110336|ACR 4046.873",
    "Volume": "MTQ 1|MAL 1e3|LTR 1e-3|MMQ 1e-9|CMQ 1e-6|DMQ 1e-3|MLT 1e-6|HLT 0.1|CLT 1e-5|DMA 1e3|DLT 1e-4|4G 1e-9|K6 1|"
    "A44 1e-2|"
    "INQ 1.6387064e-5|FTQ 0.028316846592|YDQ 0.764554857984|GLI 4.54609e-3|GLL 3.785411784e-3|PTI 5.6826125e-4|"
    "QTI 1.1365225e-3|PTL 4.73176473e-4|QTL 9.46352946e-4|OZI 2.84130625e-5|OZA 2.95735295625e-5|BLL 0.158987294928|"
    "BUA 0.03523907|BUI 0.03636872|PTD 5.506105e-4|QTD 1.101221e-3|GLD 4.404884e-3",
    "Speed": "MTS 1|KMH 5/18|HM 0.44704|KNT 0.5144444444444445|M62 1e3|2M 0.01|FR 5.08e-3|FS 0.3048|IU 0.0254|2X 1/60|C16 1e-3",
    "Acceleration": "MSK 1|A76 1e-2|C11 1e-5|M38 1e3|M39 1e-2|M41 1e-3|A73 0.3048|IV 0.0254|K40 9.80665",
    "Frequency": "HTZ 1|KHZ 1e3|MHZ 1e6|A86 1e9|D29 1e12",
    "Time": "SEC 1|MIN 60|HUR 3600|DAY 86400|B52 1e3|C26 1e-3|H70 1e-12|B98 1e-6|C47 1e-9|WEE 604800|MON 2629800|ANN 31557600",
    "Illuminance": "LUX 1|KLX 1e3|P25 10.76391",
    "Luminance": "A24 1|P29 3.426259|P31 1e4",
    "LuminousFlux": "LUM 1",
    "LuminousIntensity": "CDL 1|P33 1e3|P34 1e-3",
    "Irradiance": "D54 1|C32 1e-3|D85 1e-2|N48 1e4",
    "RadiantIntensity": "D57 1",
    "Radioactivity": "BQL 1|GBQ 1e9|2Q 1e3|4N 1e6|H08 1e-6|CUR 3.7e10|MCU 3.7e7|M5 3.7e4",
    "AbsorbedDose": "A95 1|C13 1e-3|C80 0.01",
    "AbsorbedDoseRate": "A96 1|P54 1e-3|P55 1e-6|P56 1e-9|P57 1/60|P58 1/6e4|P59 1/6e7|P60 1/6e10|P61 1/3600|P62 1/3.6e6",
    "DoseEquivalent EffectiveDose": "D13 1|C28 1e-3|D91 0.01",
    "DoseEquivalentRate EffectiveDoseRate": "P65 1|P66 1e-3|P67 1e-6|P68 1e-9|P69 0.01|P70 1/3600|P71 1/3.6e6|"
    "P72 1/3.6e9|P73 1/3.6e12|P74 1/60|"
    "P75 1/6e4|P76 1/6e7|P77 1/6e10",
    "Exposure": "CKG 1|C8 1e-3|2C 2.58e-4|2Y 2.58e-7",
    "AmountOfSubstance": "C34 1|B45 1e3|C18 1e-3|FH 1e-6|Z9 1e-9",
    "AmountOfSubstancePerUnitVolume": "C36 1|C35 1e3|C38 1e3|B46 1e3|M33 1",
    "MolalityOfSolute": "C19 1",
    "MolarEnergy": "B15 1|B44 1e3",
    "MolarMass": "D74 1|A94 1e-3",
    "MolarVolume": "A40 1|A36 1e-6|A37 1e-3|B58 1e-3",
    "MassFlowRate": "KGS 1|F29 1e-3|F28 1/6e4|F27 1/3.6e6|E93 1/3600|4M 2.7777777777777777e-10|F31 1/60",
    "MassPerAreaTime": "H56 1",
    "SurfaceDensity": "28 1|GM 1e-3|GO 1e-6|25 10|ON 0.03390575",
    "VolumeFlowRate": "MQS 1|MQH 1/3600|2J 1e-6|2K 0.028316846592/3600|2L 0.028316846592/60|40 1e-6|41 1e-6/60|G51 1e-3|"
    "L2 1e-3/60|E32 1e-3/3600",
    "VolumetricFlux": "H60 1",
    "SpecificVolume": "A39 1|22 0.1|H83 1e-3",
    "DynamicViscosity": "C65 1|C24 1e-3|89 0.1|C7 1e-3|N37 1",
    "KinematicViscosity": "S4 1|91 1e-4|4C 1e-6|C17 1e-6|G41 1e-4",
    "SurfaceTension": "4P 1|C22 1e-3|DX 1e-3",
    "Torque": "NU 1|B48 1e3|B74 1e6|B93 1e-6|D83 1e-3|M92 1.355818|F21 0.1129848|DN 0.1",
    "LinearMomentum": "B31 1",
    "AngularMomentum": "B33 1",
    "MemoryCapacity": "A99 1|AD 8|2P 8e3|4L 8e6|E34 8e9|E35 8e12|C37 1e3|D36 1e6|B68 1e9",
    "Wavenumber": "C92 1|E90 100",
    "Count": "C62 1|H87 1|EA 1|NMP 1|DZN 12|PR 2",
}  # fmt: skip
# What goods are counted in, beside what measures mass, volume, length, area: Recommendation 20, and packages of 21 with an X.
_COUNTED = frozenset({
    "C62", "H87", "EA", "NMP", "DZN", "PR", "SET", "NIU", "PA", "PK", "BX", "CT", "PF", "RO", "TU", "BG", "CS", "BO", "CR",
    "E48", "LO", "NAR", "NPR", "NPL", "DPC", "GRO", "HD", "HEA", "ZZ", "LEF", "LS", "KT", "10", "11", "AS",
})  # fmt: skip
_PACKAGE_CHARS = 3


class Unit(Struct, frozen=True):
    """`measures`: types of the web vocabulary, the first of which stands for all with the same base unit."""

    measures: tuple[str, ...]
    factor: float
    offset: float


def _number(text: str) -> float:
    over, slash, under = text.partition("/")
    return float(over) / float(under) if slash else float(over)


def _units() -> dict[tuple[str, str], Unit]:
    """By code and measure."""
    found = {}
    for names, listed in _TABLE.items():
        measures = tuple(names.split())
        for each in listed.split("|"):
            code, factor, *offset = each.split()
            unit = Unit(measures, _number(factor), float(offset[0]) if offset else 0.0)
            found.update({(code, measure): unit for measure in measures})
    return found


_UNITS = _units()
_CODES = frozenset(code for code, _ in _UNITS)
_BY_CODE = {code: unit for (code, _), unit in reversed(_UNITS.items())}
_MEASURES = frozenset(measure for _, measure in _UNITS)


def is_known(code: str) -> bool:
    """Whether it is a code for a sensor's values."""
    return code in _CODES


def is_counted_in(code: str) -> bool:
    """Whether a quantity of goods may be in it."""
    return code in _COUNTED or code in _CODES or (len(code) == _PACKAGE_CHARS and code[0] == "X")


def measures(code: str, measure: str) -> bool:
    """Whether a value of this type may be in this unit: A93 (g/m3) is absolute humidity, never relative. Types that the table
    has no units of may be in any."""
    return measure not in _MEASURES or (code, measure) in _UNITS


def base_value(code: str, value: float, measure: str) -> tuple[str, float] | None:
    """(name of the base measure, value in its base unit); None for a code that does not measure this, or beyond numbers.

    A code is taken for what it measures most where the type of the value has no units in the table.
    """
    unit = _UNITS.get((code, measure)) or _BY_CODE.get(code)
    return None if unit is None else _based(unit, value)


def base_values(code: str, value: float) -> list[tuple[str, float]]:
    """The same for everything that the code measures; nothing for a code that is not known."""
    found = {unit.measures[0]: unit for (each, _), unit in _UNITS.items() if each == code}
    return [based for unit in found.values() if (based := _based(unit, value)) is not None]


def _based(unit: Unit, value: float) -> tuple[str, float] | None:
    """Rounded to what a sensor's float means: 39.2 degrees Fahrenheit are 4 degrees Celsius."""
    base = value * unit.factor + unit.offset
    return (unit.measures[0], float(f"{base:.12g}")) if isfinite(base) else None
