"""Tests of a satellite's parts."""
