"""`python -m arcodec` is `arcodec`."""

import sys

from arcodec.cli import main

sys.exit(main())
