"""Rows of the register. Nothing here knows the engine: `store` turns rows into records and back.

Each model says of every field which data class it has (`classes`); a test holds the lists complete. What is personal
stands in tables of its own (`User`, `Invitation`, `PersonalWord`, `CommentText`, `PersonalKey`), so that it can be
erased without touching what was decided. `Event` is the journal: append-only, kept so by triggers in both databases.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import F, Q

from winze.engine.records import DataClass

type Classes = dict[str, DataClass]


def classes(**named: str) -> Classes:
    """The class of each field: `public="id key", personal="email"`."""
    by_name = {member.name.lower(): member for member in DataClass}
    return {field: by_name[name] for name, fields in named.items() for field in fields.split()}


class Row(models.Model):
    """A row of the register with the class of each of its fields."""

    classes: ClassVar[Classes] = {}

    class Meta:
        abstract = True


# -- people ----------------------------------------------------------------------------------------------------------


class Organisation(Row):
    """A team with one register. What one holds is not there for another."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    code_key = models.BinaryField()  # keys the short codes of places and the commitments of the journal
    second_factor = models.JSONField(default=list)  # the roles whose holders must have one

    classes = classes(partner="id key name created_at second_factor", sealed="code_key")


class People(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. Other tables and the journal know a person by number alone."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=10, default="en")
    is_active = models.BooleanField(default=True)
    is_staff = False
    is_superuser = False
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[People] = People()

    classes: ClassVar[Classes] = classes(
        public="id", personal="email name language is_active date_joined last_login", sealed="password"
    )

    def get_full_name(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_module_perms(self, label: str) -> bool:
        return False


class Membership(Row):
    """One role of one person in one organisation. A person may hold several; an ended one stays."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("organisation", "user", "role"), condition=Q(until=None), name="one_standing_role"
            )
        ]

    classes = classes(partner="id organisation user role since until")


class Invitation(Row):
    """A letter to a person who has no account here yet. The token is kept as its hash only."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    email = models.EmailField()
    name = models.CharField(max_length=200)
    roles = models.JSONField()
    token = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # None for the first person of all
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    classes = classes(
        partner="id organisation roles by at expires_at accepted_at revoked_at", personal="email name", sealed="token"
    )


class Token(Row):
    """A key to the API: what it may do is its scopes and never more than its owner may. Kept as its hash only."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    user = models.ForeignKey(User, models.PROTECT)
    name = models.CharField(max_length=100)
    start = models.CharField(max_length=12)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    classes = classes(partner="id organisation user name start scopes at expires_at used_at revoked_at", sealed="hash")


class Session(AbstractBaseSession):
    """A browser somebody is signed in with: since when, and roughly what it is. No network address, no version."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    begun_at = models.DateTimeField(null=True)
    device = models.CharField(max_length=40, blank=True)

    classes: ClassVar[Classes] = classes(personal="user begun_at device expire_date", sealed="session_key session_data")

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from winze.workbench.sessions import SessionStore

        return SessionStore


class PersonalKey(Row):
    """The key with which the journal commits to what it says of one person. Erasing it makes the commitment mute."""

    subject = models.CharField(max_length=200, unique=True)
    key = models.BinaryField()

    classes = classes(public="id", personal="subject", sealed="key")


# -- the journal -----------------------------------------------------------------------------------------------------


class Event(Row):
    """One thing that happened: who, when, why, what it was before and after. Chained by hash; never changed."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, db_constraint=False)
    actor = models.CharField(max_length=40)  # "user:12", "token:3", "system"
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=300)
    why = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=("organisation", "subject", "seq")),
            models.Index(fields=("organisation", "verb", "seq")),
        ]

    classes = classes(partner="seq at organisation actor verb previous hash", competitor="subject why before after")


class Head(Row):
    """Where the journal ends: one row, locked by whoever appends."""

    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    classes = classes(public="id seq hash")


# -- files and imports -----------------------------------------------------------------------------------------------


class File(Row):
    """The bytes somebody sent, kept by their hash below the home folder, apart for each organisation."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    data_class = models.CharField(max_length=24)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "sha256"), name="one_file_a_hash")]

    classes = classes(partner="id organisation size data_class at", competitor="sha256")


class Import(Row):
    """One file on its way into the register: proposed, loaded, undone or refused."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    file = models.ForeignKey(File, models.PROTECT)
    name = models.CharField(max_length=400)
    sender = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12)  # "proposed", "loaded", "undone", "refused"
    mode = models.CharField(max_length=8, blank=True)  # "stop", "skip", "update"
    mapping = models.TextField(blank=True)
    format = models.CharField(max_length=60, blank=True)
    version = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=200, blank=True)
    data_class = models.CharField(max_length=24)
    generated_on = models.DateField(null=True)
    newest = models.DateField(null=True)
    kinds = models.JSONField(default=dict)  # statements by kind
    compared = models.JSONField(default=dict)  # new, same, changed, gone
    errors = models.IntegerField(default=0)
    warnings = models.IntegerField(default=0)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    received_on = models.DateField(null=True)
    undone_on = models.DateField(null=True)
    version_number = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=("organisation", "state", "-id"))]

    classes = classes(
        partner="id organisation file state mode format version data_class generated_on newest kinds compared errors "
        "warnings by at received_on undone_on version_number",
        competitor="name sender mapping source",
    )


class DryRun(Row):
    """What a dry run of an import showed: its sheets with the wrong cells marked, packed, so that a page need not read
    the file again."""

    of = models.OneToOneField(Import, models.CASCADE, related_name="dry_run")
    packed = models.BinaryField()

    classes = classes(public="id of", competitor="packed")


class ImportProblem(Row):
    """One thing wrong with an import, as code and values, so that it reads in every language."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="problems")
    code = models.CharField(max_length=60)
    severity = models.CharField(max_length=8)
    sheet = models.CharField(max_length=200, null=True)
    row = models.IntegerField(null=True)
    cell = models.CharField(max_length=200, null=True)
    values = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=("of", "severity", "id"))]

    classes = classes(partner="id of code severity sheet row", competitor="cell values")


class Mend(Row):
    """A person's correction of one cell, or the decision to leave a row out. The file itself never changes."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="mends")
    sheet = models.CharField(max_length=200, null=True)
    row = models.IntegerField()
    cell = models.CharField(max_length=200, blank=True)
    value = models.TextField(blank=True)
    leave_out = models.BooleanField(default=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    why = models.TextField(blank=True)
    taken_back_at = models.DateTimeField(null=True)

    classes = classes(partner="id of sheet row leave_out by at taken_back_at", competitor="cell value why")


class SavedMapping(Row):
    """How one sender's workbook fits our templates, found again by its headings."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    sender = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "sender", "fingerprint"), name="one_mapping")]

    classes = classes(partner="id organisation at", competitor="sender fingerprint text")


class WatchedFolder(Row):
    """A folder of this machine whose new files are proposed as imports."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    path = models.CharField(max_length=1000)
    sender = models.CharField(max_length=200, blank=True)
    mode = models.CharField(max_length=8)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    classes = classes(partner="id organisation mode by at looked_at ended_at", competitor="path sender")


# -- what we are told ------------------------------------------------------------------------------------------------


class Told(Row):
    """One statement. Only ever added; one that is superseded, or whose import was undone, gets the day of that.

    Statements of bulk kinds (events, counts, prices, lists) are not rows: they are read again from their file.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    of = models.ForeignKey(Import, models.PROTECT, null=True, related_name="statements")
    sid = models.CharField(max_length=17)
    key = models.CharField(max_length=64)  # what makes two statements one thing said again
    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=300)
    known_on = models.DateField()
    received_on = models.DateField()
    gone_on = models.DateField(null=True)  # the day it was superseded or its import undone
    gone_by = models.BigIntegerField(null=True)  # the event of the journal that did so
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")  # the older word it superseded
    data_class = models.CharField(max_length=24)
    said = models.JSONField()  # as `formats.told` writes it, without personal words

    class Meta:
        indexes = [
            models.Index(fields=("organisation", "kind", "subject")),
            models.Index(fields=("organisation", "subject")),
            models.Index(fields=("organisation", "key")),
            models.Index(fields=("organisation", "sid")),
        ]

    classes = classes(
        partner="id organisation of sid kind known_on received_on gone_on gone_by replaces data_class",
        competitor="key subject said",
    )


class Again(Row):
    """A later import that says word for word what a statement says already: where the first is undone, it is still
    told."""

    told = models.ForeignKey(Told, models.CASCADE, related_name="again")
    of = models.ForeignKey(Import, models.CASCADE, related_name="again")
    origin = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("told", "of"), name="one_again")]

    classes = classes(partner="id told of", competitor="origin")


class PersonalWord(Row):
    """A word of a statement that names a person: the name stands here and nowhere else."""

    told = models.ForeignKey(Told, models.PROTECT, related_name="persons")
    field = models.CharField(max_length=40)
    word = models.TextField()

    classes = classes(public="id told field", personal="word")


class Site(Row):
    """A mine site as the register knows it now: put together from its statements, and put together anew when one comes.
    Its name and its place stand apart (`SitePlace`): only those who may see precise places get them."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    subject = models.CharField(max_length=300)
    code = models.CharField(max_length=12)
    country = models.CharField(max_length=3)
    province = models.CharField(max_length=200, blank=True)
    territory = models.CharField(max_length=200, blank=True)
    minerals = models.JSONField(default=list)
    visits = models.IntegerField(default=0)
    newest_visit = models.DateField(null=True)
    in_chain = models.BooleanField(default=False)
    also = models.JSONField(default=list)  # subjects judged to be the same
    merged_into = models.CharField(max_length=300, blank=True)
    version_number = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "subject"), name="one_site")]
        indexes = [
            models.Index(fields=("organisation", "territory", "id")),
            models.Index(fields=("organisation", "newest_visit", "id")),
            models.Index(fields=("organisation", "code")),
        ]

    classes = classes(
        partner="id organisation code country province territory minerals visits newest_visit in_chain version_number",
        competitor="subject also merged_into",
    )


class SitePlace(Row):
    """The name and the precise place of a site."""

    site = models.OneToOneField(Site, models.CASCADE, related_name="place")
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300, db_index=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    within_km = models.FloatField(null=True)
    workers = models.IntegerField(null=True)

    classes = classes(public="id site", competitor="name folded lat lon within_km workers")


class Party(Row):
    """A company, cooperative or person of the chain as the register knows it now."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    subject = models.CharField(max_length=300)
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)
    is_me = models.BooleanField(default=False)
    tier = models.IntegerField(null=True)
    links = models.IntegerField(default=0)
    also = models.JSONField(default=list)
    merged_into = models.CharField(max_length=300, blank=True)
    version_number = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "subject"), name="one_party")]
        indexes = [models.Index(fields=("organisation", "folded")), models.Index(fields=("organisation", "tier", "id"))]
        verbose_name_plural = "parties"

    classes = classes(partner="id organisation subject name folded is_me tier links also merged_into version_number")


class Proposal(Row):
    """Two parties or two sites that may be one, waiting for a person's judgement."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    of_kind = models.CharField(max_length=8)  # "site", "party"
    left = models.CharField(max_length=300)
    right = models.CharField(max_length=300)
    score = models.FloatField()
    band = models.CharField(max_length=12)
    sentence = models.JSONField()  # message id and values
    parts = models.JSONField()
    verdict = models.CharField(max_length=10, blank=True)  # the judgement that stands, empty while it waits
    judged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    version_number = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "left", "right"), name="one_pair")]
        indexes = [models.Index(fields=("organisation", "verdict", "-score", "id"))]

    classes = classes(
        partner="id organisation of_kind score band verdict judged_by judged_at version_number",
        competitor="left right sentence parts",
    )


# -- what the cycle says ---------------------------------------------------------------------------------------------


class CycleRun(Row):
    """One run of the cycle as of a day, by what the register had received by a day."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    as_of = models.DateField()
    known_by = models.DateField()
    state = models.CharField(max_length=10)  # "waiting", "done", "failed"
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    steps = models.JSONField(default=list)  # the twelve steps with counts in and problems out
    counts = models.JSONField(default=dict)  # by audience: what pages count
    headline = models.JSONField(default=dict)  # by audience: message id and values
    rules = models.CharField(max_length=64, blank=True)  # hash of the rulebook
    software = models.CharField(max_length=20, blank=True)
    document = models.CharField(max_length=64, blank=True)  # hash of cycle.json, kept packed beside the files
    head = models.CharField(max_length=64, blank=True)  # the journal's head when it ran

    class Meta:
        indexes = [models.Index(fields=("organisation", "state", "-id"))]

    classes = classes(
        partner="id organisation as_of known_by state by at done_at steps counts headline rules software document head"
    )


class RiskRow(Row):
    """One risk of one run as one audience may see it: `position` is the order of the Guidance's prioritisation."""

    run = models.ForeignKey(CycleRun, models.CASCADE)
    audience = models.CharField(max_length=8)
    position = models.IntegerField()
    rank = models.IntegerField(null=True)
    key = models.CharField(
        max_length=16, default=""
    )  # names the risk in every run and for every audience, and says nothing
    risk = models.CharField(max_length=400)
    letter = models.CharField(max_length=1)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=300)
    place = models.JSONField()
    named = models.CharField(max_length=300, blank=True)
    territory = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=3, blank=True)
    in_chain = models.BooleanField()
    p = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    basis = models.CharField(max_length=12)
    evidence = models.CharField(max_length=20, blank=True)
    evidence_on = models.DateField(null=True)
    statements = models.IntegerField()
    severity = models.IntegerField(null=True)
    action = models.CharField(max_length=40)
    due = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("run", "audience", "position"), name="one_position")]
        indexes = [
            models.Index(fields=("run", "audience", "letter", "position")),
            models.Index(fields=("run", "audience", "due", "position")),
            models.Index(fields=("run", "audience", "territory", "position")),
            models.Index(fields=("run", "audience", "subject")),
            models.Index(fields=("run", "audience", "risk")),
            models.Index(fields=("run", "audience", "key")),
        ]

    classes = classes(
        partner="id run audience position rank key letter kind territory country in_chain p low high basis evidence "
        "evidence_on statements severity action due",
        competitor="risk subject place named",
    )


class Why(Row):
    """Everything a page shows of a risk, a plan or a subject of one run, packed: reasons, figures, sentences' parts."""

    run = models.ForeignKey(CycleRun, models.CASCADE)
    audience = models.CharField(max_length=8)
    about = models.CharField(max_length=400)  # "risk:…", "plan:…", "subject:…"
    packed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("run", "audience", "about"), name="one_why")]

    classes = classes(partner="id run audience", competitor="about packed")


class PlanRow(Row):
    """One plan of one run, recorded or proposed, as one audience may see it."""

    run = models.ForeignKey(CycleRun, models.CASCADE)
    audience = models.CharField(max_length=8)
    position = models.IntegerField()
    key = models.CharField(max_length=200, blank=True)
    rank = models.IntegerField(null=True)
    letters = models.CharField(max_length=6)
    kind = models.CharField(max_length=60, blank=True)
    named = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=24)
    trade = models.CharField(max_length=40)
    next_clock = models.CharField(max_length=40, blank=True)
    due = models.DateField(null=True)
    in_chain = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("run", "audience", "position"), name="one_plan_position")]

    classes = classes(
        partner="id run audience position rank letters kind state trade next_clock due in_chain", competitor="key named"
    )


class PlaceRow(Row):
    """One place of one run as one audience may see it on a map: a site for precise eyes, an area for the others. Where
    the place is not known `lat` and `lon` are empty, and it stands in the table only."""

    run = models.ForeignKey(CycleRun, models.CASCADE)
    audience = models.CharField(max_length=8)
    position = models.IntegerField()
    kind = models.CharField(max_length=8)  # "site", "area"
    code = models.CharField(max_length=12, blank=True)  # of a site
    named = models.CharField(max_length=300)
    territory = models.CharField(max_length=200, blank=True)
    province = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=3, blank=True)
    minerals = models.JSONField(default=list)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    letter = models.CharField(max_length=1, blank=True)  # of its gravest ranked risk
    letters = models.CharField(max_length=6, blank=True)  # of all its ranked risks
    first = models.IntegerField(null=True)  # the position of its first risk
    rank = models.IntegerField(null=True)
    ranked = models.IntegerField()
    watched = models.IntegerField()
    sites = models.IntegerField(null=True)  # None where there are so few that they are not told
    unvisited = models.IntegerField(null=True)  # of them, without a visit for twelve months
    newest_visit = models.DateField(null=True)
    in_chain = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("run", "audience", "position"), name="one_place_position")]
        indexes = [models.Index(fields=("run", "audience", "territory", "position"))]

    classes = classes(
        partner="id run audience position kind code territory province country minerals letter letters first rank "
        "ranked watched sites unvisited",
        competitor="named lat lon newest_visit in_chain",
    )


class CycleProblem(Row):
    """One problem of one run, as code and values."""

    run = models.ForeignKey(CycleRun, models.CASCADE)
    code = models.CharField(max_length=60)
    severity = models.CharField(max_length=8)
    input = models.CharField(max_length=400)
    sheet = models.CharField(max_length=200, null=True)
    row = models.IntegerField(null=True)
    cell = models.CharField(max_length=200, null=True)
    values = models.JSONField()

    classes = classes(partner="id run code severity sheet row", competitor="input cell values")


# -- working together ------------------------------------------------------------------------------------------------


class Signature(Row):
    """Who proposed and who approved one act that needs four eyes; the database itself refuses one person twice."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    plan = models.CharField(max_length=200)
    verb = models.CharField(max_length=40)
    told = models.ForeignKey(Told, models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proposed_by=None) | ~Q(proposed_by=F("approved_by")), name="four_eyes_are_two_people"
            )
        ]

    classes = classes(partner="id organisation verb told proposed_by approved_by at", competitor="plan")


class Document(Row):
    """A document kept as evidence of something in the register."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    file = models.ForeignKey(File, models.PROTECT)
    title = models.CharField(max_length=300)
    name = models.CharField(max_length=300)
    about = models.CharField(max_length=400)
    data_class = models.CharField(max_length=24)
    dated = models.DateField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=("organisation", "about"))]

    classes = classes(partner="id organisation file data_class dated by at withdrawn_at", competitor="title name about")


class Comment(Row):
    """A remark on something in the register; its words stand apart."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    about = models.CharField(max_length=400)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    audience = models.CharField(max_length=8, default="internal")  # whose eyes may read it within the organisation
    mentions = models.ManyToManyField(User, related_name="+")

    class Meta:
        indexes = [models.Index(fields=("organisation", "about", "id"))]

    classes = classes(partner="id organisation by at audience mentions", competitor="about")


class CommentText(Row):
    """The words of a comment."""

    of = models.OneToOneField(Comment, models.CASCADE, related_name="text")
    words = models.TextField()

    classes = classes(public="id of", personal="words")


class Assignment(Row):
    """Whose task something is, and until when it may wait. `ended_at` is empty while it stands."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    about = models.CharField(max_length=400)
    to = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due = models.DateField(null=True)
    snoozed_until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("organisation", "about"), condition=Q(ended_at=None), name="one_assignee")
        ]

    classes = classes(partner="id organisation to by at due snoozed_until ended_at", competitor="about")


class LastSeen(Row):
    """When a person last looked at their home page, and when the visit before that ended: news is since then."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    before = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "user"), name="one_last_visit")]

    classes = classes(public="id", personal="organisation user at before")


class Notice(Row):
    """Something a person is told: a mention, a task, a job that ended."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    user = models.ForeignKey(User, models.PROTECT, related_name="notices")
    text = models.CharField(max_length=100)
    values = models.JSONField(default=dict)
    about = models.CharField(max_length=400)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=("user", "read_at", "-id"))]

    classes = classes(partner="id organisation user text at read_at", competitor="values about")


# -- the instrument --------------------------------------------------------------------------------------------------


class Job(Row):
    """Long work with its progress. `beat_at` tells that it is alive; one that stopped beating can be taken up again."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True)
    verb = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10)  # "waiting", "running", "done", "failed", "cancelled"
    step = models.CharField(max_length=100, blank=True)  # message id of what it is doing
    values = models.JSONField(default=dict)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    asked_to_stop = models.BooleanField(default=False)
    attempts = models.IntegerField(default=0)
    result = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=("state", "id")), models.Index(fields=("organisation", "-id"))]

    classes = classes(
        partner="id organisation verb state step done total asked_to_stop attempts by at started_at beat_at ended_at",
        competitor="arguments values result",
    )


class Answered(Row):
    """The answer once given to a request that carried an idempotency key."""

    owner = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64)
    status = models.IntegerField()
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("owner", "key"), name="one_answer")]

    classes = classes(partner="id owner key request status at", competitor="answer")


class KeptCount(Row):
    """How many rows a filtered list has, kept for lists that no longer change."""

    scope = models.CharField(max_length=40)
    filter = models.CharField(max_length=64)
    count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("scope", "filter"), name="one_count")]

    classes = classes(partner="id scope filter count")
