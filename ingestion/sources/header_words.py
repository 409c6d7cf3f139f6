"""How offices head their columns, folded (small letters, no marks) → the field of a record.

A longer phrase wins over a shorter one; the same phrase never stands under two fields of one list.
"""

from __future__ import annotations

PEOPLE: dict[str, tuple[str, ...]] = {
    "ordinal": ("tt", "stt", "so tt", "so thu tu", "no", "no.", "#", "s/tt", "s tt", "thu tu", "order"),
    "external_id": (
        "ma chuyen gia", "ma so chuyen gia", "ma cg", "ma so", "ma ho so", "ma nhan su", "ma can bo", "id", "code", "expert id",
        "expert code", "expert no", "staff id", "ma dinh danh chuyen gia",
    ),
    "name": (
        "ho va ten", "ho ten", "ho & ten", "ho, ten", "ho ten chuyen gia", "ho va ten chuyen gia", "ten chuyen gia", "chuyen gia",
        "ho ten nha khoa hoc", "nha khoa hoc", "ho ten hoi vien", "ho chu dem va ten", "ho dem va ten", "ten day du",
        "full name", "fullname", "name", "expert name", "name of expert", "expert", "ten",
    ),
    "family_and_middle_name": ("ho va ten dem", "ho dem", "ho va chu dem", "ho va dem", "ho, ten dem"),
    "family_name": ("ho", "last name", "surname", "family name"),
    "middle_name": ("ten dem", "chu dem", "dem", "middle name"),
    "given_name": ("first name", "given name", "ten goi"),
    "aliases": ("ten khac", "ten tieng anh", "ten goi khac", "other names", "other name", "alias", "english name", "name in english", "but danh"),
    "birth_year": (
        "nam sinh", "ngay sinh", "ngay thang nam sinh", "ngay, thang, nam sinh", "ngay thang sinh", "sinh nam", "born", "birth year",
        "year of birth", "birthyear", "date of birth", "birth date", "birthday", "dob", "yob",
    ),
    "gender": ("gioi tinh", "gioi", "phai", "nam/nu", "nam, nu", "gender", "sex"),
    "degree": (
        "hoc vi", "trinh do", "trinh do hoc van", "trinh do chuyen mon", "trinh do dao tao", "bang cap", "hoc vi cao nhat", "hoc ham hoc vi",
        "hoc ham, hoc vi", "hoc vi, hoc ham", "hoc ham/hoc vi", "hoc ham va hoc vi", "chuc danh hoc vi", "hhhv", "degree", "academic degree",
        "highest degree", "qualification", "qualifications", "education",
    ),
    "rank": ("hoc ham", "chuc danh khoa hoc", "title", "academic title", "academic rank", "rank", "chuc danh gs, pgs"),
    "honours": ("danh hieu", "danh hieu vinh du", "honours", "honors", "honorary title", "danh hieu nha nuoc phong tang"),
    "position": (
        "chuc vu", "chuc danh", "chuc vu hien nay", "chuc vu chuc danh", "chuc vu, chuc danh", "chuc danh nghe nghiep", "chuc vu cong tac",
        "vi tri", "vi tri cong tac", "nghe nghiep", "cong viec hien nay", "position", "job title", "current position", "occupation",
    ),
    "organisation": (
        "don vi", "co quan", "don vi cong tac", "co quan cong tac", "noi cong tac", "noi lam viec", "co quan don vi", "co quan, don vi",
        "don vi, co quan", "don vi co quan", "noi cong tac hien nay", "co quan cong tac hien nay", "don vi cong tac hien nay", "to chuc",
        "cong ty", "truong", "vien truong", "organisation", "organization", "institution", "affiliation", "workplace", "employer", "company", "unit",
    ),
    "organisation_kind": (
        "loai hinh co quan", "loai hinh don vi", "loai co quan", "loai don vi", "loai hinh to chuc", "loai hinh", "khoi", "organisation kind",
        "organization type", "organisation type", "kind of organisation", "type of organisation",
    ),
    "country": (
        "quoc gia", "nuoc", "quoc gia dang song", "quoc gia cu tru", "nuoc cu tru", "nuoc so tai", "nuoc dang sinh song", "quoc gia noi o",
        "country", "country of residence",
    ),
    "province": (
        "tinh/tp", "tinh thanh", "tinh/thanh", "tinh", "thanh pho", "tinh/thanh pho", "tinh, thanh pho", "tinh thanh pho", "tinh tp", "dia phuong", "dia ban",
        "noi cong tac (tinh)", "city", "province", "city/province", "state", "location",
    ),
    "residence": (
        "noi o", "noi o hien nay", "cho o hien nay", "cho o", "dia chi", "dia chi lien he", "dia chi thuong tru", "noi cu tru", "ho khau thuong tru",
        "noi sinh song", "noi o hien tai", "residence", "address", "place of residence", "home address",
    ),
    "hometown": ("que quan", "nguyen quan", "que", "que goc", "hometown", "home town", "place of origin", "native place", "home"),
    "languages": ("ngoai ngu", "ngon ngu", "trinh do ngoai ngu", "tieng nuoc ngoai", "languages", "language", "foreign languages", "foreign language"),
    "fields": (
        "linh vuc", "ma linh vuc", "ma nganh", "nganh", "ma linh vuc nghien cuu", "linh vuc nghien cuu", "linh vuc khoa hoc", "linh vuc chinh", "ma so nganh",
        "ma nganh/linh vuc", "linh vuc hoat dong", "linh vuc dang ky", "linh vuc tu van", "linh vuc phan bien", "linh vuc tu van phan bien", "nhom nganh",
        "fields", "field", "field code", "field codes", "research field", "research fields", "discipline", "disciplines", "fields of research",
    ),
    "keywords": (
        "tu khoa", "chuyen mon", "chuyen mon sau", "chuyen nganh", "chuyen nganh hep", "chuyen nganh tu khoa", "chuyen nganh, tu khoa", "tu khoa chuyen mon",
        "huong nghien cuu", "huong nghien cuu chinh", "linh vuc chuyen mon", "linh vuc chuyen sau", "so truong", "the manh", "nang luc chuyen mon",
        "nganh dao tao", "chuyen nganh dao tao", "noi dung co the tu van",
        "keywords", "keyword", "key words", "expertise", "area of expertise", "areas of expertise", "specialisation", "specialization", "speciality", "specialty",
        "research interests", "research interest", "interests", "skills",
    ),
    "biography": (
        "tom tat", "tom tat qua trinh cong tac", "qua trinh cong tac", "tieu su", "ly lich", "ly lich khoa hoc", "gioi thieu", "gioi thieu ban than",
        "kinh nghiem", "kinh nghiem cong tac", "qua trinh cong tac va nghien cuu", "tom tat ly lich", "tom tat tieu su", "qua trinh dao tao",
        "short cv", "cv", "bio", "biography", "profile", "summary", "about", "experience",
    ),
    "works": (
        "cong trinh", "cac cong trinh", "cong trinh de tai", "cong trinh, de tai", "cac cong trinh, de tai", "cac cong trinh de tai", "cong trinh khoa hoc", "cong trinh tieu bieu",
        "cong trinh nghien cuu", "cac cong trinh khoa hoc", "de tai", "de tai du an", "de tai, du an", "san pham khoa hoc", "cong bo khoa hoc", "bai bao",
        "cac de tai, cong trinh", "de tai cong trinh", "thanh tich nghien cuu", "works", "publications", "selected works", "selected publications", "research outputs", "projects",
    ),
    "email": ("email", "e-mail", "e mail", "thu dien tu", "dia chi email", "dia chi thu dien tu", "hop thu", "mail", "gmail", "email address", "e-mail address"),
    "phone": (
        "dien thoai", "so dien thoai", "dien thoai lien he", "di dong", "dien thoai di dong", "sdt", "so dt", "dt", "dtdd", "phone", "phone number",
        "tel", "telephone", "mobile", "so lien lac", "lien he",
    ),
    "orcid": ("orcid", "orcid id", "ma orcid", "orcid id (neu co)"),
    "time_zone": ("mui gio", "time zone", "timezone", "gio dia phuong"),
    "months": ("thang ve nuoc", "thoi gian ve nuoc", "cac thang ve nuoc", "thang o viet nam", "months in vietnam", "months in viet nam", "when in vietnam"),
    "ties": ("gan bo voi kien giang", "gan bo", "gan bo voi tinh", "moi lien he", "moi lien he voi kien giang", "moi lien he voi tinh", "gan voi kien giang", "ties", "ties to kien giang", "ties with kien giang", "connection"),
    "awards": ("giai thuong", "khen thuong", "giai thuong, khen thuong", "giai thuong khen thuong", "thanh tich", "thanh tich khen thuong", "awards", "award", "prizes"),
    "available": ("san sang", "san sang phan bien", "san sang tham gia", "tinh trang", "trang thai", "kha nang tham gia", "available", "availability", "status"),
    "open_reviews": ("so viec dang nhan", "dang nhan", "so phan bien dang lam", "viec dang nhan", "open reviews", "current reviews", "current load"),
    "note": ("ghi chu", "luu y", "y kien", "note", "notes", "remark", "remarks", "comment", "comments"),
    "withheld": (  # personal data that must not be kept (domain.md §2.5): the values are dropped
        "dan toc", "ton giao", "dang vien", "ngay vao dang", "cmnd", "cccd", "cmnd/cccd", "cccd/cmnd", "so cmnd", "so cccd", "can cuoc", "so can cuoc", "so can cuoc cong dan",
        "can cuoc cong dan", "chung minh nhan dan", "so dinh danh ca nhan", "ho chieu", "so ho chieu", "so tai khoan", "tai khoan", "tai khoan ngan hang", "stk", "ngan hang",
        "ma so thue", "mst", "suc khoe", "tinh trang suc khoe", "ethnicity", "ethnic group", "religion", "party member", "id card", "passport", "passport number", "bank account", "tax code", "health",
    ),
}  # fmt: skip

WORKS: dict[str, tuple[str, ...]] = {
    "ordinal": PEOPLE["ordinal"],
    "external_id": PEOPLE["external_id"],
    "name": (*PEOPLE["name"], "tac gia", "chu nhiem", "tac gia chinh", "author", "chu nhiem de tai", "nguoi thuc hien"),
    "organisation": PEOPLE["organisation"],
    "email": PEOPLE["email"],
    "title": (
        "ten cong trinh", "ten cong trinh / de tai", "ten cong trinh de tai", "ten de tai", "ten bai bao", "ten cong trinh, de tai", "cong trinh", "ten san pham", "ten du an",
        "ten sach", "ten cong trinh khoa hoc", "ten nhiem vu", "de tai", "title", "work", "work title", "title of work", "publication", "paper title", "project title",
    ),
    "year": ("nam", "nam cong bo", "nam xuat ban", "nam thuc hien", "nam nghiem thu", "nam hoan thanh", "thoi gian", "year", "publication year", "year of publication"),
    "kind": ("loai", "loai hinh", "loai cong trinh", "loai hinh cong trinh", "the loai", "hinh thuc", "kind", "type", "work type", "category"),
    "coauthors": ("dong tac gia", "cac dong tac gia", "cung voi", "tac gia khac", "nguoi cung thuc hien", "thanh vien", "co-authors", "coauthors", "co authors", "with", "other authors"),
    "role": ("vai tro", "role", "tu cach tham gia", "trach nhiem"),
    "abstract": ("tom tat", "noi dung", "mo ta", "abstract", "summary", "description"),
    "note": PEOPLE["note"],
}  # fmt: skip

NAME_PARTS = ("family_and_middle_name", "family_name", "middle_name", "given_name")
MALE = frozenset({"nam", "male", "m"})
FEMALE = frozenset({"nu", "female", "f"})
