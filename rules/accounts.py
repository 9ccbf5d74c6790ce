"""The events of accounts and their sessions that the log records."""

from enum import auto

from rules.vocabulary import Word


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
    TOTP_ENROLLED = auto(), "启用验证码", "An authenticator app was confirmed. From now on a code is asked for."
    RECOVERY_CODE_USED = auto(), "使用备用码", "A recovery code was used in place of a code."
    TOTP_RESET = auto(), "重置验证码", "The authenticator app was removed. All sessions of the account ended."
    PASSWORD_CHANGED = auto(), "修改密码", "A password was changed. All sessions of the account ended."
    ACCOUNT_DISABLED = auto(), "停用账号", "An account was disabled. All its sessions ended."
    ACCOUNT_ENABLED = auto(), "启用账号", "A disabled account was enabled."
    SYSTEM_ADDED = auto(), "新增系统", "An outside system got credentials."
    SYSTEM_DISABLED = auto(), "停用系统", "An outside system's credentials were disabled."
