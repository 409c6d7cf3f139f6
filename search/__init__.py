"""Finds and ranks: Vietnamese text, embedders, index backends, fusion, evaluation; knows no table of ours."""
