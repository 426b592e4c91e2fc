# Home Assistant puts probatio in voluptuous' place: these are its types.
from probatio import *
