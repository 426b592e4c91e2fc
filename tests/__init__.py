"""Tests of the Reply Satellite integration, laid out like its rooms."""
