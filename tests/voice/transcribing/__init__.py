"""Tests of recording -> transcript."""
