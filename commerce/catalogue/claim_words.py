"""The words that claims.py looks for: what wants a certificate, and what advertising may not say. Pure: no I/O.

Chinese is in simplified characters (a text is brought to them first). English are regular expressions in lower case, for whole
words.

Sources: Advertising Law of the PRC, art. 9 (3) (superlatives), art. 17 (cures) and 28 (what is false); GB/T 19630 (organic),
NY/T 391 (green food); Regulation (EU) 2018/848, art. 30 (terms referring to organic production).
"""

from typing import Literal, NamedTuple, get_args

CertificateKind = Literal[
    "organic", "green_food", "free_range", "geographical", "non_gmo", "wild", "pesticide_free", "antibiotic_free",
    "grass_fed", "halal", "kosher",
]  # fmt: skip
WordKind = Literal["superlative", "absolute", "medical"]


class Words(NamedTuple):
    """`chinese`: separated by spaces; `but`: in which of its longer words something else is said; `english`: expressions."""

    chinese: str
    but: str = ""
    english: tuple[str, ...] = ()


CLAIMS: dict[str, Words] = {
    "organic": Words(
        "有机 生态认证",
        "有机会 有机遇 有机率 有机缘 有机场 有机器 有机玻璃 有机硅 有机肥 有机物 有机酸 所有机 没有机 拥有机 还有机 只有机",
        (r"(?:bio)?organic(?:s|ally)?", r"biodynamic(?:ally)?"),
    ),
    "green_food": Words("绿色食品 绿色认证 绿标认证", "", (r"green[ -]?food",)),
    "free_range": Words(
        "散养 放养 走地鸡 走地鸭 溜达鸡 跑山 放牧 无笼 非笼养 林下养",
        "",
        (r"free[ -]?(?:range|roaming|run)(?:d|ing)?", r"pasture[ -]?(?:raised|fed)", r"pastured", r"cage[ -]?free"),
    ),
    "geographical": Words(
        "地理标志 地标产品 原产地保护 原产地认证",
        "",
        (r"geographical indication", r"protected designation of origin", r"pdo", r"pgi"),
    ),
    "non_gmo": Words(
        "非转基因 无转基因 不含转基因",
        "",
        (r"non[ -]?gmo?", r"gmo?[ -]?free", r"(?:not|non)[ -]genetically modified"),
    ),
    "wild": Words(
        "野生 纯野 野捕 海捕",
        "野生动物保护 保护野生",
        (r"wild[ -]?(?:caught|harvested|grown|foraged|picked)",),
    ),
    "pesticide_free": Words(
        "无农药 零农药 无农残 零农残 不打农药 不施农药 不用农药 未打农药 无公害 零化肥 无化肥 零激素 无激素",
        "",
        (r"(?:pesticide|spray|chemical|hormone)s?[ -]?free", r"(?:no|zero|without) (?:pesticide|chemical|hormone)s?"),
    ),
    "antibiotic_free": Words(
        "无抗 零抗生素 无抗生素 不用抗生素 不喂抗生素",
        "无抗拒 毫无抗 无抗氧",
        (r"antibiotics?[ -]?free", r"(?:no|zero|without|raised without) antibiotics?"),
    ),
    "grass_fed": Words("草饲", "", (r"grass[ -]?(?:fed|finished)",)),
    "halal": Words("清真", "", (r"halal",)),
    "kosher": Words("犹太洁食", "", (r"kosher",)),
}

WORDS: dict[str, Words] = {
    "superlative": Words(
        "最 第一 国家级 世界级 宇宙级 全球级 顶级 顶尖 极品 极佳 绝佳 极致 至尊 王牌 冠军 首选 唯一 独一无二 "
        "无与伦比 无双 无敌 空前 绝后 史上 举世 天花板",
        "最近 最后 最多 最少 最初 最终 最小 最早 最迟 最晚 第一次 第一批 第一茬 第一天 第一季 第一步 第一口 第一年 第一时间",
        (
            r"best(?! (?:before|by|served|enjoyed|eaten|kept|stored|with|when|for|if|cooked|chilled)\b)",
            r"(?:in|of) the (?:whole |entire )?(?:world|country|nation|universe)",
            r"world['’]?s",
            r"freshest|purest|finest|healthiest|sweetest|tastiest|juiciest|cheapest|safest|greatest|cleanest",
            r"lowest prices?",
            r"(?:no|nr)\.? ?1(?![\d.])",
            r"number[ -]one",
            r"# ?1(?![\d.])",
            r"top ?1(?![\d.])",
            r"unbeatable|unrivall?ed|unmatched|unparalleled|second to none|world[ -]class|ultimate",
        ),
    ),
    "absolute": Words(
        "绝对 百分百 百分之百 百分之一百 零风险 零污染 无任何 永不 永久 万能 包甜 保证甜 纯天然 全天然 零添加 无添加 零缺陷",
        "",
        (
            r"absolute(?:ly)?",
            r"1 ?0 ?0 ?(?:%|per ?cent)",
            r"(?:a |one )?hundred per ?cent",
            r"guaranteed?",
            r"risk[ -]?free",
            r"all[ -]natural",
            r"completely (?:safe|natural|pure)",
            r"never fails?",
        ),
    ),
    "medical": Words(
        "治疗 治愈 根治 疗效 药效 防癌 抗癌 抗病毒 降血压 降血糖 降血脂 "
        "降三高 防三高 消炎 杀菌 祛湿 排毒 壮阳 补肾 延年益寿 包治",
        "高温杀菌 低温杀菌 巴氏杀菌 杀菌乳",
        (
            r"cur(?:e|es|ing|ative)",
            r"heal(?:s|ing)?",
            r"treats? (?:disease|cancer|diabetes|illness)\w*",
            r"(?:anti|prevents?|fights?)[ -]?(?:cancer|virus|viral)",
            r"lowers? (?:blood )?(?:pressure|sugar|cholesterol)",
            r"detox(?:ify|ifies|ifying)?",
            r"therapeutic|medicinal",
        ),
    ),
}

CERTIFICATES: tuple[str, ...] = get_args(CertificateKind)

# Traditional characters, and other ways of writing those of the words above.
SIMPLIFIED = str.maketrans(
    "機養綠標證認轉農殘藥純態無級頂極選獨與倫雙敵絕後舉軍對險萬潔療癒毒濕壯補腎壽降壓殺炎癌壹",
    "机养绿标证认转农残药纯态无级顶极选独与伦双敌绝后举军对险万洁疗愈毒湿壮补肾寿降压杀炎癌一",
)

# Cyrillic and Greek letters that look like Latin ones.
LATIN = str.maketrans("аеорсухіѕјԁοανеі", "aeopcyxisjdoavei")
