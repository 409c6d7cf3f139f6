"""What names alone do not tell: provinces merged on 1 July 2025, departments that took over from others in 2025, the
department a provincial unit belongs to, abbreviations, English names. All folded, without joining words.
"""

from __future__ import annotations

# Nghị quyết 202/2025/QH15: old province → the one it is part of today. Provinces that kept their area stand alone.
_MERGERS = """
tuyen quang: ha giang, tuyen quang | lao cai: yen bai, lao cai | thai nguyen: bac kan, thai nguyen
phu tho: vinh phuc, hoa binh, phu tho | bac ninh: bac giang, bac ninh | hung yen: thai binh, hung yen
hai phong: hai duong, hai phong | ninh binh: ha nam, nam dinh, ninh binh | quang tri: quang binh, quang tri
da nang: quang nam, da nang | quang ngai: kon tum, quang ngai | gia lai: binh dinh, gia lai
khanh hoa: ninh thuan, khanh hoa | lam dong: dak nong, binh thuan, lam dong | dak lak: phu yen, dak lak
ho chi minh: ba ria vung tau, binh duong, ho chi minh | dong nai: binh phuoc, dong nai | tay ninh: long an, tay ninh
can tho: soc trang, hau giang, can tho | vinh long: ben tre, tra vinh, vinh long | dong thap: tien giang, dong thap
ca mau: bac lieu, ca mau | an giang: kien giang, an giang
ha noi: ha noi | hue: hue, thua thien hue | lai chau: lai chau | dien bien: dien bien | son la: son la
lang son: lang son | quang ninh: quang ninh | thanh hoa: thanh hoa | nghe an: nghe an | ha tinh: ha tinh
cao bang: cao bang
"""
PROVINCE_TODAY: dict[str, str] = {
    old.strip(): line.partition(":")[0].strip()
    for line in _MERGERS.replace("\n", "|").split("|")
    if line.strip()
    for old in line.partition(":")[2].split(",")
}

# Subject of a department (sở), by the words its name starts with → the departments that do its work today. The first
# is where most of it went. Longer openings come first.
DEPARTMENT_TODAY: dict[str, tuple[str, ...]] = {
    "nong nghiep": ("nong nghiep moi truong",),
    "tai nguyen": ("nong nghiep moi truong",),
    "thuy san": ("nong nghiep moi truong",),
    "khoa hoc": ("khoa hoc cong nghe",),
    "thong tin": ("khoa hoc cong nghe",),
    "buu chinh": ("khoa hoc cong nghe",),
    "tai chinh": ("tai chinh",),
    "ke hoach": ("tai chinh",),
    "xay dung": ("xay dung",),
    "giao thong": ("xay dung",),
    "quy hoach kien truc": ("quy hoach kien truc",),
    "noi vu": ("noi vu",),
    "lao dong": ("noi vu", "y te", "giao duc dao tao"),
    "giao duc": ("giao duc dao tao",),
    "y te": ("y te",),
    "cong thuong": ("cong thuong",),
    "cong nghiep": ("cong thuong",),
    "thuong mai": ("cong thuong",),
    "van hoa the thao du lich": ("van hoa the thao", "du lich"),
    "van hoa": ("van hoa the thao",),
    "du lich": ("du lich",),
    "tu phap": ("tu phap",),
    "ngoai vu": ("ngoai vu",),
    "dan toc": ("dan toc ton giao",),
    "an toan thuc pham": ("an toan thuc pham",),
}

# English names of those subjects, as departments are translated. Joining words are left out.
DEPARTMENT_IN_ENGLISH: dict[str, str] = {
    "agriculture environment": "nong nghiep",
    "agriculture rural development": "nong nghiep",
    "natural resources environment": "tai nguyen",
    "science technology": "khoa hoc",
    "information communications": "thong tin",
    "information communication": "thong tin",
    "finance": "tai chinh",
    "planning investment": "ke hoach",
    "construction": "xay dung",
    "transport": "giao thong",
    "transportation": "giao thong",
    "home affairs": "noi vu",
    "internal affairs": "noi vu",
    "labour invalids social affairs": "lao dong",
    "labor invalids social affairs": "lao dong",
    "labour war invalids social affairs": "lao dong",
    "labor war invalids social affairs": "lao dong",
    "education training": "giao duc",
    "health": "y te",
    "industry trade": "cong thuong",
    "culture sports tourism": "van hoa the thao du lich",
    "culture sport tourism": "van hoa the thao du lich",
    "culture sports": "van hoa",
    "culture sport": "van hoa",
    "tourism": "du lich",
    "justice": "tu phap",
    "foreign affairs": "ngoai vu",
    "ethnic minorities religion": "dan toc",
    "ethnic minority affairs": "dan toc",
}

# Provincial units, by the words their name starts with → subject of their department, for names that leave it out.
UNIT_OF_DEPARTMENT: dict[str, str] = {
    "chi cuc thuy san": "nong nghiep",
    "chi cuc kiem ngu": "nong nghiep",
    "chi cuc thuy loi": "nong nghiep",
    "chi cuc trong trot": "nong nghiep",
    "chi cuc bao ve thuc vat": "nong nghiep",
    "chi cuc chan nuoi": "nong nghiep",
    "chi cuc thu y": "nong nghiep",
    "chi cuc kiem lam": "nong nghiep",
    "chi cuc lam nghiep": "nong nghiep",
    "chi cuc phat trien nong thon": "nong nghiep",
    "chi cuc quan ly chat luong": "nong nghiep",
    "chi cuc bao ve moi truong": "nong nghiep",
    "chi cuc quan ly dat dai": "nong nghiep",
    "chi cuc bien": "nong nghiep",
    "chi cuc moi truong": "nong nghiep",
    "chi cuc tieu chuan": "khoa hoc",
    "chi cuc an toan ve sinh thuc pham": "y te",
    "chi cuc dan so": "y te",
    "chi cuc quan ly thi truong": "cong thuong",
    "chi cuc van thu": "noi vu",
    "trung tam khuyen nong": "nong nghiep",
    "trung tam giong": "nong nghiep",
    "trung tam nuoc sach": "nong nghiep",
    "trung tam quan trac": "nong nghiep",
    "trung tam phat trien quy dat": "nong nghiep",
    "trung tam dich vu nong nghiep": "nong nghiep",
    "trung tam chuyen doi so": "khoa hoc",
    "trung tam cong nghe thong tin": "khoa hoc",
    "trung tam ung dung tien bo khoa hoc": "khoa hoc",
    "trung tam kiem soat benh tat": "y te",
    "trung tam y te du phong": "y te",
    "trung tam kiem nghiem": "y te",
    "trung tam phap y": "y te",
    "benh vien da khoa tinh": "y te",
    "benh vien san nhi tinh": "y te",
    "trung tam khuyen cong": "cong thuong",
    "trung tam dich vu viec lam": "noi vu",
    "bao tang tinh": "van hoa",
    "thu vien tinh": "van hoa",
    "trung tam van hoa tinh": "van hoa",
}

MINISTRIES = (
    "bo y te",
    "bo giao duc",
    "bo khoa hoc",
    "bo nong nghiep",
    "bo tai nguyen",
    "bo tai chinh",
    "bo ke hoach",
    "bo noi vu",
    "bo xay dung",
    "bo giao thong",
    "bo cong thuong",
    "bo cong an",
    "bo quoc phong",
    "bo ngoai giao",
    "bo tu phap",
    "bo van hoa",
    "bo lao dong",
    "bo thong tin",
    "bo dan toc",
)

# Sectors of work, by words in the name of a body: to tell who stands outside the requester's own line.
SECTORS: dict[str, tuple[str, ...]] = {
    "agriculture": (
        "nong nghiep moi truong",
        "nong nghiep",
        "thuy san",
        "thuy loi",
        "lam nghiep",
        "hai san",
        "tai nguyen moi truong",
        "kiem ngu",
        "trong trot",
        "bao ve thuc vat",
        "agriculture",
        "fisheries",
        "forestry",
        "aquaculture",
    ),
    "health": ("y te", "benh vien", "y duoc", "y hoc", "benh tat", "health", "hospital", "medical", "medicine"),
    "education": ("giao duc dao tao", "education training"),
    "works": ("xay dung", "giao thong", "construction", "transport"),
    "science": ("khoa hoc cong nghe", "chuyen doi so", "thong tin truyen thong", "science technology"),
    "culture": ("van hoa", "du lich", "di tich", "the thao", "culture", "tourism"),
    "trade": ("cong thuong", "industry trade"),
    "finance": ("tai chinh", "ke hoach dau tu", "finance", "planning investment"),
    "interior": ("noi vu", "lao dong thuong binh xa hoi", "home affairs", "internal affairs"),
    "justice": ("tu phap", "justice"),
}

ABBREVIATIONS: dict[str, str] = {
    short: long
    for short, _, long in (
        pair.strip().partition(": ")
        for pair in """
dh: dai hoc | cd: cao dang | hv: hoc vien | dhqg: dai hoc quoc gia | dhqghn: dai hoc quoc gia ha noi
dhqghcm: dai hoc quoc gia ho chi minh | dhqgtphcm: dai hoc quoc gia ho chi minh | vnu: dai hoc quoc gia
vnuhcm: dai hoc quoc gia ho chi minh | vnuhn: dai hoc quoc gia ha noi
tp: thanh pho | hcm: ho chi minh | tphcm: ho chi minh | hcmc: ho chi minh | hn: ha noi | kg: kien giang | ag: an giang
hanoi: ha noi | danang: da nang | cantho: can tho | haiphong: hai phong | vietnam: viet nam | vn: viet nam
kiengiang: kien giang | angiang: an giang | thuyloi: thuy loi
ubnd: uy ban nhan dan | hdnd: hoi dong nhan dan | mttq: mat tran to quoc | ubmttq: uy ban mat tran to quoc
ubmttqvn: uy ban mat tran to quoc viet nam
khcn: khoa hoc cong nghe | nnptnt: nong nghiep phat trien nong thon | ptnt: phat trien nong thon
nn: nong nghiep | nnmt: nong nghiep moi truong | tnmt: tai nguyen moi truong | tntn: tai nguyen thien nhien
mttntn: moi truong tai nguyen thien nhien | tttt: thong tin truyen thong | gddt: giao duc dao tao
gtvt: giao thong van tai | ldtbxh: lao dong thuong binh xa hoi | vhttdl: van hoa the thao du lich
vhtt: van hoa the thao | khdt: ke hoach dau tu | dtts: dan toc thieu so
bv: benh vien | bvdk: benh vien da khoa | ttyt: trung tam y te | cdc: trung tam kiem soat benh tat
nc: nghien cuu | ncntts: nghien cuu nuoi trong thuy san | ntts: nuoi trong thuy san | bvtv: bao ve thuc vat
cty: cong ty | bql: ban quan ly | qlda: quan ly du an | dtxd: dau tu xay dung
bqlda: ban quan ly du an | bqldadtxd: ban quan ly du an dau tu xay dung
lhh: lien hiep hoi | khkt: khoa hoc ky thuat | khtn: khoa hoc tu nhien | khxh: khoa hoc xa hoi
khxhnv: khoa hoc xa hoi nhan van | spkt: su pham ky thuat | cntt: cong nghe thong tin
dbscl: dong bang song cuu long | vqg: vuon quoc gia | bdkh: bien doi khi hau
vast: vien han lam khoa hoc cong nghe viet nam | vass: vien han lam khoa hoc xa hoi viet nam
univ: university | dept: department | inst: institute | center: centre""".replace("\n", "|").split("|")
        if pair.strip()
    )
}

# Names that are no word-for-word translation. Word-for-word ones ("Can Tho University") need no line.
ENGLISH_NAMES: dict[str, str] = {
    english: vietnamese
    for english, _, vietnamese in (
        line.partition(": ")
        for line in """
university technology: truong dai hoc bach khoa
university science: truong dai hoc khoa hoc tu nhien
university social sciences humanities: truong dai hoc khoa hoc xa hoi nhan van
university economics law: truong dai hoc kinh te luat
university information technology: truong dai hoc cong nghe thong tin
international university: truong dai hoc quoc te
ho chi minh university technology: dai hoc bach khoa ho chi minh
university economics ho chi minh: dai hoc kinh te ho chi minh
ho chi minh university law: truong dai hoc luat ho chi minh
university medicine pharmacy ho chi minh: dai hoc y duoc ho chi minh
ho chi minh university education: truong dai hoc su pham ho chi minh
nong lam university ho chi minh: truong dai hoc nong lam ho chi minh
nong lam university: truong dai hoc nong lam ho chi minh
can tho university medicine pharmacy: truong dai hoc y duoc can tho
can tho university technology: truong dai hoc ky thuat cong nghe can tho
ha noi university science technology: dai hoc bach khoa ha noi
ha noi law university: truong dai hoc luat ha noi
ha noi medical university: truong dai hoc y ha noi
viet nam national university agriculture: hoc vien nong nghiep viet nam
viet nam maritime university: truong dai hoc hang hai viet nam
thuy loi university: truong dai hoc thuy loi
water resources university: truong dai hoc thuy loi
national economics university: truong dai hoc kinh te quoc dan
foreign trade university: truong dai hoc ngoai thuong
research institute aquaculture 1: vien nghien cuu nuoi trong thuy san 1
research institute aquaculture 2: vien nghien cuu nuoi trong thuy san 2
research institute aquaculture 3: vien nghien cuu nuoi trong thuy san 3
research institute marine fisheries: vien nghien cuu hai san
institute oceanography: vien hai duong hoc
southern institute water resources research: vien khoa hoc thuy loi mien nam
southern institute water resources planning: vien quy hoach thuy loi mien nam
cuu long delta rice research institute: vien lua dong bang song cuu long
cuu long rice research institute: vien lua dong bang song cuu long
southern horticultural research institute: vien cay an qua mien nam
viet nam academy science technology: vien han lam khoa hoc cong nghe viet nam
viet nam academy social sciences: vien han lam khoa hoc xa hoi viet nam
cho ray hospital: benh vien cho ray
""".strip().splitlines()
    )
}

COUNTRIES: frozenset[str] = frozenset(
    name.strip()
    for name in """
viet nam, australia, uc, germany, duc, netherlands, the netherlands, ha lan, japan, nhat ban, singapore,
thailand, thai lan, usa, united states, united states america, hoa ky, my, uk, united kingdom, anh, france,
phap, belgium, bi, canada, china, trung quoc, korea, south korea, han quoc, taiwan, dai loan, philippines,
norway, na uy, sweden, thuy dien, finland, phan lan, denmark, dan mach, estonia, cambodia, campuchia, laos,
lao, malaysia, indonesia, new zealand, switzerland, thuy si, italy, spain, tay ban nha, austria, ao, poland,
ba lan, russia, nga, india, an do, ireland, scotland, england, wales
""".split(",")  # noqa: SIM905 - a hundred quoted names read worse
)
