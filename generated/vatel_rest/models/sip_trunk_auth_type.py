from enum import Enum


class SIPTrunkAuthType(str, Enum):
    """How the platform recognizes the sender of inbound calls: by user name and password
    (`digest`), by the host that they come from, which has to match `inbound_host` (`acl`), or
    not at all (`none`).
    """

    DIGEST = "digest"
    ACL = "acl"
    NONE = "none"

    def __str__(self) -> str:
        return self.value
