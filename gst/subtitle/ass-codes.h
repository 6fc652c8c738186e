/* ssm-subtitle: override codes of ASS
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Codes are commands: "{\i1}" holds for all that follows. When words change places that no longer says what
 * is in italics. So each word gets the state that the commands before it have made, and the commands that lead
 * from one state to the next are written anew.
 */
#ifndef ASS_CODES_H
#define ASS_CODES_H

#include <glib.h>

G_BEGIN_DECLS

/* (element-type char *): "\name" and its value, one a name, in the order in which they came. */
typedef GPtrArray AssState;

AssState *ass_state_new (void);
AssState *ass_state_copy (const AssState *state);
/* A text that is equal for equal states. */
char *ass_state_key (const AssState *state);

/* What one block "{...}" does (`block` without the braces): changes the state, and appends to `line` what
 * holds for the whole cue, as "\pos(1,2)". Times of syllables are dropped. */
void ass_codes_apply (const char *block, gsize length, AssState *state, GString *line);
/* Whether what follows is a drawing and no text. */
gboolean ass_state_draws (const AssState *state);

/* Appends the codes that lead from one state to another, in braces; nothing where they are equal. */
void ass_state_write_change (const AssState *from, const AssState *to, GString *out);

G_END_DECLS

#endif /* ASS_CODES_H */
