/* ssmtranslate: what tokens have in them that a translation may not
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/token-flags.h"

enum { DIGIT = 1 << 0, LETTER = 1 << 1, BROKEN = 1 << 2 }; /* LETTER: beyond ASCII */

static guint8
flags_of (const char *text)
{
  guint8 flags = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_isdigit (c))
      flags |= DIGIT;
    else if (c == 0xfffd)
      flags |= BROKEN;
    else if (c >= 0x80 && g_unichar_isalpha (c))
      flags |= LETTER;
  }
  return flags;
}

guint8 *
ssmt_token_flags_new (const SsmtTokenizer *tokenizer, guint n, SsmtBudget *budget)
{
  guint8 *flags = g_new0 (guint8, n);
  guint32 size = MIN (n, ssmt_tokenizer_get_size (tokenizer));

  for (guint32 i = 0; i < size; i++) {
    gint32 id = (gint32) i;
    g_autofree char *text = ssmt_tokenizer_decode (tokenizer, &id, 1, budget);

    flags[i] = flags_of (text);
  }
  return flags;
}

guint8 *
ssmt_token_flags_ban (const guint8 *flags, guint n, const SsmtTokenizer *tokenizer,
    const SsmtGuardSettings *settings, const char *text, SsmtFaults faults, SsmtBudget *budget)
{
  guint8 *banned;

  if ((faults & (SSMT_GUARD_FAULT_NUMBER | SSMT_GUARD_FAULT_SCRIPT)) == 0)
    return NULL;
  banned = g_new0 (guint8, n);
  for (guint i = 0; i < n; i++) {
    gint32 id = (gint32) i;

    if (faults & SSMT_GUARD_FAULT_NUMBER)
      banned[i] = (flags[i] & DIGIT) != 0;
    if ((faults & SSMT_GUARD_FAULT_SCRIPT) == 0 || (flags[i] & (LETTER | BROKEN)) == 0)
      continue;
    if (flags[i] & BROKEN) {
      banned[i] = 1;
    } else {
      g_autofree char *piece = ssmt_tokenizer_decode (tokenizer, &id, 1, budget);

      banned[i] |= ssmt_faults_has_foreign (text, piece, settings->reads, settings->writes);
    }
  }
  return banned;
}
