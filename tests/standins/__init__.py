"""Stand-ins for the three services: real servers that speak their wire formats.

Each refuses what the service refuses, answers from what it really received, and takes
scripted latencies and faults. Source of the formats: the vendors' own SDKs.
"""
