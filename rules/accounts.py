"""Accounts: who keeps whose, and the events that the log records."""

from collections.abc import Mapping
from datetime import timedelta
from enum import auto
from urllib.parse import quote

from rules.access import FIELD_ROLES, OUTSIDE, Role
from rules.folding import Spelling, folded_username
from rules.refusals import Code, Refusal, invalid
from rules.vocabulary import Word

INVITED_FOR = timedelta(days=7)
"""A compromise: a holiday week, and short enough for a code on a slip of paper."""
INVITATION_LENGTH = 16
"""80 bits, as recovery codes have: too many to guess, also from the digest that is stored."""


def invitation_url(public_url: str, username: str | None = None) -> str:
    """The address of the page on which an invited person chooses the password. It never has the code."""
    page = f"{public_url.rstrip('/')}/invitation"
    return f"{page}?name={quote(username, safe='')}" if username else page


class UserName(Spelling):
    """A user name. Spellings of one name are equal: 「网格员01」 and 「网格员０１」."""

    __slots__ = ()
    folded = staticmethod(folded_username)


_BY_STAFF = FIELD_ROLES | {Role.BUILDING_HEAD}
_BY_DEPUTY = _BY_STAFF | OUTSIDE | {Role.COMMUNITY_STAFF, Role.PARTNER}
_BY_SECRETARY = _BY_DEPUTY | {Role.DEPUTY_DIRECTOR}
KEPT_BY: Mapping[Role, frozenset[Role]] = {
    Role.COMMUNITY_STAFF: _BY_STAFF,
    Role.DEPUTY_DIRECTOR: _BY_DEPUTY,
    Role.SECRETARY: _BY_SECRETARY,
    Role.ADMIN: _BY_SECRETARY | {Role.SECRETARY},
}
"""The roles whose accounts and posts each role keeps within its communities: never its own role or a higher one.

Accounts of administrators are kept with `tunping user`.
"""


def keeps(keeper: Role | None, role: Role) -> bool:
    """True if a role keeps the accounts and posts of another one."""
    return keeper is not None and role in KEPT_BY.get(keeper, frozenset())


def check_keeps(keeper: Role | None, role: Role, *path: str | int) -> None:
    """Raises INVALID_INPUT for a role that no post is given to, and NOT_ALLOWED for one that others keep."""
    if role is Role.ADMIN:
        raise invalid("管理员账号由运维人员设定", *path)
    if not keeps(keeper, role):
        raise Refusal(Code.NOT_ALLOWED, *path)


class AccountEventKind(Word):
    """The kind of an entry in the log of accounts."""

    SIGNED_IN = auto(), "登录", "A device or an outside system signed in."
    SIGN_IN_REFUSED = auto(), "登录失败", "A sign-in was refused: a wrong name or password, or a disabled account."
    CODE_REFUSED = auto(), "验证码错误", "A sign-in was refused: the password was right, and the code was wrong."
    LOCKED_OUT = auto(), "暂时锁定", "Too many sign-ins failed: under one name, or from one address."
    REFRESH_REFUSED = auto(), "续期被拒", "A refresh token was refused, because its session had ended."
    TOKEN_REUSED = auto(), "令牌重复使用", "A refresh token was used a second time. Its session ended."
    SIGNED_OUT = auto(), "退出登录", "A device signed out, or was signed out from another one."
    ALL_SIGNED_OUT = auto(), "退出所有设备", "All sessions of an account were ended."
    ACCOUNT_ADDED = auto(), "新增账号", "An account was added."
    ACCOUNT_INVITED = auto(), "发出邀请码", "A new code was made to choose a password with. All sessions ended."
    PASSWORD_CHOSEN = auto(), "凭邀请码设定密码", "The person chose a password with the code of an invitation."
    INVITATION_REFUSED = auto(), "邀请码无效", "A password was not set: the code was wrong, used or too old."
    ACCOUNT_CORRECTED = auto(), "更正账号", "The name or the telephone of an account was changed."
    TOTP_ENROLLED = auto(), "启用验证码", "An authenticator app was confirmed. From now on a code is asked for."
    RECOVERY_CODE_USED = auto(), "使用备用码", "A recovery code was used in place of a code."
    TOTP_RESET = auto(), "重置验证码", "The authenticator app was removed. All sessions of the account ended."
    PASSWORD_CHANGED = auto(), "修改密码", "A password was changed. The other sessions of the account ended."
    ACCOUNT_DISABLED = auto(), "停用账号", "An account was disabled. All its sessions ended."
    ACCOUNT_ENABLED = auto(), "启用账号", "A disabled account was enabled."
    SYSTEM_ADDED = auto(), "新增系统", "An outside system got credentials."
    SYSTEM_DISABLED = auto(), "停用系统", "An outside system's credentials were disabled."
