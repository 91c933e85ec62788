"""The commands of ``wardline``: one module for each group of them, put together by ``ops.__main__``."""
