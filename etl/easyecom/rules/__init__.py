"""The rules of EasyEcom's flow: what the mapping table cannot say, as rows that it reads."""
