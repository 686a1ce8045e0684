"""Magento's flow: the shapes of its records, its facts, its rules and the steps that apply them."""
