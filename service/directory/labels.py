"""Codes of the directory in words a reader knows; translated where they are shown."""

from __future__ import annotations

from service.i18n import N_

DEGREES = {
    "TSKH": N_("Doctor of Science"),
    "TS": N_("Doctor (PhD)"),
    "CK2": N_("Specialist level II"),
    "NCS": N_("PhD candidate"),
    "ThS": N_("Master"),
    "CK1": N_("Specialist level I"),
    "BSNT": N_("Resident physician"),
    "BS": N_("Medical doctor"),
    "DS": N_("Pharmacist"),
    "BSTY": N_("Veterinarian"),
    "KS": N_("Engineer"),
    "KTS": N_("Architect"),
    "LS": N_("Lawyer"),
    "CN": N_("Bachelor"),
    "CĐ": N_("College diploma"),
    "KHAC": N_("Other qualification"),
}
RANKS = {"GS": N_("Professor"), "PGS": N_("Associate professor")}
HONOURS = {
    "NGND": N_("People's Teacher"),
    "NGƯT": N_("Merited Teacher"),
    "TTND": N_("People's Physician"),
    "TTƯT": N_("Merited Physician"),
    "NSND": N_("People's Artist"),
    "NSƯT": N_("Merited Artist"),
    "NNND": N_("People's Artisan"),
    "NNƯT": N_("Merited Artisan"),
    "AHLĐ": N_("Hero of Labour"),
    "VS": N_("Academician"),
    "CSTĐTQ": N_("National Emulation Soldier"),
}
ORGANISATION_KINDS = {
    "university": N_("University"),
    "college": N_("College"),
    "research_institute": N_("Research institute"),
    "hospital": N_("Hospital"),
    "state_agency": N_("State agency or unit"),
    "enterprise": N_("Enterprise"),
    "association": N_("Association or social organisation"),
    "international": N_("International organisation"),
    "independent": N_("Independent or retired"),
}
EVIDENCE_KINDS = {
    "publication": N_("Publication"),
    "project": N_("Research project"),
    "consultancy": N_("Consultancy report"),
    "patent": N_("Patent or solution"),
    "initiative": N_("Initiative"),
    "award": N_("Award"),
    "review": N_("Review done"),
    "teaching": N_("Teaching"),
    "biography": N_("Biography"),
    "position": N_("Position"),
    "keywords": N_("Keywords"),
    "hometown": N_("Hometown"),
    "home": N_("Lives in"),
    "other": N_("Other evidence"),
}
TIES = {
    "hometown": N_("Hometown in old %(place)s"),  # Gazetteer.former_home_province
    "studied": N_("Studied there"),
    "worked": N_("Worked there"),
    "working": N_("Working there"),
    "family": N_("Family there"),
    "project": N_("Work for the province"),
}
STATES = {
    "draft": N_("Draft profile"),
    "unconfirmed": N_("Waiting for the expert's confirmation"),
    "pending": N_("Waiting for approval"),
    "public": N_("Public"),
    "internal": N_("Internal"),
    "hidden": N_("Hidden for now"),
    "archived": N_("Archived"),
    "erased": N_("Erased"),
}
AVAILABILITY = {
    "available": N_("Ready to be invited"),
    "paused": N_("Not taking tasks now"),
    "full": N_("At the limit"),
}
LOCATIONS = {
    "in_province": N_("In the province"),
    "vietnam": N_("Elsewhere in Vietnam"),
    "abroad": N_("Abroad"),
}
TASK_KINDS = {
    "consultancy": N_("Consultancy"),
    "review": N_("Critical review"),
    "appraisal": N_("Social appraisal"),
    "seminar": N_("Seminar"),
    "lecture": N_("Lecture"),
    "project": N_("Joint project"),
}
FRESHNESS = {
    "fresh": N_("Within 12 months"),
    "aging": N_("12 to 18 months ago"),
    "stale": N_("More than 18 months ago"),
}
DUPLICATE_REASONS = {
    "same_name": N_("same name"),
    "name_without_marks": N_("same name but for the marks"),
    "name_in_other_order": N_("same name in another order"),
    "same_birth_year": N_("same year of birth"),
    "other_birth_year": N_("different years of birth"),
    "same_email": N_("same e-mail"),
    "other_email": N_("different e-mails"),
    "same_organisation": N_("same organisation"),
    "other_organisation": N_("different organisations"),
    "same_orcid": N_("same ORCID"),
    "other_orcid": N_("different ORCIDs"),
    "same_work": N_("a work in common"),
    "other_gender": N_("different sexes"),
}
FIELD_LABELS = {
    "external_id": N_("Expert code"),
    "full_name": N_("Full name"),
    "gender": N_("Sex"),
    "birth_year": N_("Year of birth"),
    "degree": N_("Degree"),
    "academic_rank": N_("Academic rank"),
    "position": N_("Position"),
    "organisation_text": N_("Organisation"),
    "organisation_kind": N_("Kind of organisation"),
    "country": N_("Country"),
    "province": N_("Province or city"),
    "time_zone": N_("Time zone"),
    "months_text": N_("Months in Vietnam"),
    "hometown_text": N_("Hometown"),
    "residence_text": N_("Residence"),
    "biography": N_("Short biography"),
    "email": N_("E-mail"),
    "phone": N_("Telephone"),
    "orcid": N_("ORCID"),
    "note": N_("Note"),
    "is_available": N_("Availability"),
    "open_reviews": N_("Reviews in hand"),
}
