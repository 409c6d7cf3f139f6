"""How long the conflicts of one case take over a large directory: python tests/bench/bench_conflicts.py [--experts N]

People are drawn with a seed: Vietnamese names, some 2,500 employers, ten works each with up to three co-authors, five
sentences of biography. Prints seconds and CPU of the first case and of a second one (names of bodies are then known).
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from uuid import UUID

import numpy as np

from service.directory.organisations import OrganisationDirectory
from service.matching.candidates import Candidate, CaseParties, Drafter, EmploymentSpell, Work
from service.matching.conflicts import find_conflicts

REFERENCE = Path(__file__).parents[2] / "service" / "reference" / "organisations.csv"
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Võ", "Đặng", "Bùi", "Hồ", "Danh", "Thạch", "Lâm")
MIDDLE = ("Văn", "Thị", "Minh", "Ngọc", "Quốc", "Hữu", "Thanh", "Thùy", "Đức", "Xuân", "Hải", "Kim", "Bá", "Gia", "Mỹ")
GIVEN = (
    "An",
    "Bình",
    "Châu",
    "Dũng",
    "Giang",
    "Hà",
    "Hùng",
    "Khánh",
    "Lan",
    "Linh",
    "Long",
    "Mai",
    "Phúc",
    "Trí",
    "Yến",
)
SUBJECTS = ("nuôi trồng thủy sản", "chất thải rắn", "xâm nhập mặn", "chuyển đổi số", "du lịch", "y tế cơ sở", "đê biển")
PLACES = (
    "An Giang",
    "Kiên Giang",
    "Cà Mau",
    "Cần Thơ",
    "Sóc Trăng",
    "Bạc Liêu",
    "Phú Quốc",
    "U Minh Thượng",
    "Hà Tiên",
)
SENTENCES = (
    "Ông phụ trách nhóm nghiên cứu về {s} tại {p} và hướng dẫn học viên cao học.",
    "Bà tham gia soạn thảo quy trình kỹ thuật {s} cho các hợp tác xã ở {p}.",
    "Anh từng tư vấn cho nhiều doanh nghiệp về {s}, nhất là ở {p}.",
    "Chị làm chủ nhiệm ba đề tài cấp tỉnh về {s}, đã nghiệm thu loại khá tại {p}.",
    "He has worked on {s} since 2012 and advises farmers around {p}.",
)


def drawn_people(count: int, seed: int) -> list[Candidate]:
    dice = np.random.default_rng(seed)

    def one(words: Sequence[str]) -> str:
        return words[int(dice.integers(len(words)))]

    def name() -> str:
        return f"{one(FAMILY)} {one(MIDDLE)} {one(MIDDLE)} {one(GIVEN)}"

    def employer() -> str:
        number = int(dice.integers(1, 120))
        return one(
            [
                f"Khoa Kỹ thuật {number}, Trường Đại học {one(PLACES)}",
                f"Sở Nông nghiệp và Môi trường tỉnh {one(PLACES)}",
                f"Công ty TNHH Tư vấn số {number} {one(PLACES)}",
                f"Viện Nghiên cứu {one(SUBJECTS)} {one(PLACES)}",
                f"Trung tâm Khuyến nông số {number}, Sở Nông nghiệp và Phát triển nông thôn {one(PLACES)}",
            ]
        )

    return [
        Candidate(
            id=UUID(int=number + 1),
            full_name=name(),
            employments=(EmploymentSpell(organisation=employer()),),
            biography=" ".join(s.format(s=one(SUBJECTS), p=one(PLACES)) for s in SENTENCES),
            works=tuple(
                Work(
                    title=f"Nghiên cứu {one(SUBJECTS)} tại {one(PLACES)}: kết quả {int(dice.integers(1, 10**6))}",
                    year=int(dice.integers(2008, 2026)),
                    kind=one(["bài báo", "đề tài", "báo cáo tư vấn"]),
                    coauthors=tuple(name() for _ in range(int(dice.integers(0, 4)))),
                )
                for _ in range(10)
            ),
        )
        for number in range(count)
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--experts", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    people = drawn_people(given.experts, given.seed)
    organisations = OrganisationDirectory.from_csv(REFERENCE)
    for title, who in (("Đề án nuôi biển Hòn Đất – Phú Quốc", people[3]), ("Kế hoạch thu gom rác Hà Tiên", people[7])):
        parties = CaseParties(
            requester="Sở Nông nghiệp và Môi trường tỉnh An Giang",
            drafting_bodies=("Viện Nghiên cứu Nuôi trồng Thủy sản II", "Công ty TNHH Tư vấn Biển Xanh"),
            drafters=(Drafter(name=who.full_name, organisation=who.employments[0].organisation),),
            draft_title=title,
        )
        clock, used = perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        found = find_conflicts(people, parties, as_of=date(2025, 11, 1), organisations=organisations)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - used
        print(f"{given.experts} experts: {perf_counter() - clock:.2f} s, CPU {used:.2f} s, {len(found)} conflicts")


if __name__ == "__main__":
    main()
