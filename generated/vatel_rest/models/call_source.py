from enum import Enum


class CallSource(str, Enum):
    """How a call came about: through a Twilio number, through a SIP trunk, as a simulation, or
    through the API.
    """

    TWILIO = "twilio"
    SIP = "sip"
    SIMULATION = "simulation"
    API = "api"

    def __str__(self) -> str:
        return self.value
