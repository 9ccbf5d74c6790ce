"""The events of accounts and their sessions that the log records."""

from enum import auto

from rules.vocabulary import Word


class AccountEventKind(Word):
    """The kind of an entry in the log of accounts."""

    SIGNED_IN = auto(), "登录", "A device or an outside system signed in."
    SIGN_IN_REFUSED = auto(), "登录失败", "A sign-in was refused: a wrong name or password, or a disabled account."
    LOCKED_OUT = auto(), "暂时锁定", "Too many sign-ins failed: under one name, or from one address."
    REFRESH_REFUSED = auto(), "续期被拒", "A refresh token was refused, because its session had ended."
    TOKEN_REUSED = auto(), "令牌重复使用", "A refresh token was used a second time. Its session ended."
    SIGNED_OUT = auto(), "退出登录", "A device signed out."
    ALL_SIGNED_OUT = auto(), "退出所有设备", "All sessions of an account were ended."
    ACCOUNT_ADDED = auto(), "新增账号", "An account was added."
    PASSWORD_CHANGED = auto(), "修改密码", "A password was changed. All sessions of the account ended."
    ACCOUNT_DISABLED = auto(), "停用账号", "An account was disabled. All its sessions ended."
    ACCOUNT_ENABLED = auto(), "启用账号", "A disabled account was enabled."
    SYSTEM_ADDED = auto(), "新增系统", "An outside system got credentials."
    SYSTEM_DISABLED = auto(), "停用系统", "An outside system's credentials were disabled."
