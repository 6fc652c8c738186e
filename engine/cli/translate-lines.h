/* ssmt translate: lines of standard input
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/cli/cli.h"
#include "engine/cli/translate-languages.h"
#include "ssmt/ssmt.h"

/* What is printed of a line. */
typedef struct {
  gboolean scores; /* a column before it */
  int nbest;       /* so many translations, as Marian prints them; 0: one, by itself */
} CliLineStyle;

/* One line in, one line out; its end stays as it is. Begins as zeros. */
typedef struct {
  char *text; /* without its end, of `length` bytes */
  gsize length;
  char end[3]; /* "\n", "\r\n", "\r" or "" */
  guint64 number;
  SsmtTranslation *translation; /* NULL: the line is passed through */
  GError *error;                /* why; NULL: it is empty, or `passes` */
  gboolean passes;              /* for its language */
  gsize allocated;
} CliLine;

/* The next line, in place of this. FALSE: there is none. */
gboolean cli_line_read (CliLine *line);
/* Whether it passes, by its language; lines come in order. `languages` may be NULL: it does not. */
void cli_line_look (CliLine *line, CliLanguages *languages);
/* Sets the translation, or the error. */
void cli_line_translate (CliLine *line, const CliLineStyle *style, SsmtStream *stream);
/* To standard output, what was copied is reported; an error to standard error, FALSE then. */
gboolean cli_line_print (const CliLine *line, const CliLineStyle *style);
void cli_line_clear (CliLine *line);
/* FALSE and a message where reading has failed. */
gboolean cli_line_check_input (void);

#define CLI_MAX_JOBS 256

typedef SsmtStream *(*CliOpenStream) (SsmtModel *model, gpointer data, GError **error);

/* All lines, `jobs` at a time, each on a stream of its own; their order stays. `languages` may be NULL. */
int cli_translate_jobs (SsmtModel *model, guint jobs, const CliLineStyle *style,
    CliLanguages *languages, CliOpenStream open_stream, gpointer data);
