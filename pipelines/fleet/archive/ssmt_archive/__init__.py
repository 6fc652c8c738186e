# SPDX-License-Identifier: LGPL-2.1-or-later
"""An archive of subtitle files, films and texts, translated by the workers of Dask distributed.

    listing  what there is to do              engine   the workers, and tasks on their way to them
    work     what a worker does with a task   child    the programs that it keeps
    texts    where a long text is cut         store    files here and objects elsewhere
    report   what became of all that
"""
