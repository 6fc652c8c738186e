/* ssmtranslate: what a tokenizer may spend on a text
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/budget.h"

/* Honest tokenizers take 10 to 100 steps a byte; 32 million take about a second. */
#define STEPS G_GUINT64_CONSTANT (32000000)
#define STEPS_PER_BYTE 4000
#define CHECK_STEPS 4096

/* The longest that Unicode knows: U+FDFA becomes 11 times its bytes (NFKC), and each of them two
 * where bytes are characters. */
#define MOST_PER_BYTE 32
#define LEAST_MOST ((gsize) 1 << 20)
#define MOST ((gsize) 16 << 20)

void
ssmt_budget_init (SsmtBudget *self, gsize length, GCancellable *cancellable)
{
  guint64 left = STEPS + (guint64) length * STEPS_PER_BYTE;

  *self = (SsmtBudget){ .cancellable = cancellable, .left = left, .next_check = left };
  ssmt_budget_set_length (self, length);
}

void
ssmt_budget_clear (SsmtBudget *self)
{
  g_clear_error (&self->error);
}

void
ssmt_budget_set_length (SsmtBudget *self, gsize length)
{
  self->most = length > MOST ? MOST : CLAMP (length * MOST_PER_BYTE, LEAST_MOST, MOST);
}

gboolean
ssmt_budget_fail (SsmtBudget *self, const char *format, ...)
{
  va_list args;

  if (self->error != NULL)
    return FALSE;
  va_start (args, format);
  self->error = g_error_new_valist (SSMT_ERROR, SSMT_ERROR_TEXT, format, args);
  va_end (args);
  return FALSE;
}

gboolean
ssmt_budget_spend (SsmtBudget *self, guint64 steps)
{
  if (self->error != NULL)
    return FALSE;
  if (steps >= self->left)
    return ssmt_budget_fail (
        self, "the tokenizer's steps and expressions take too long for this text");
  self->left -= steps;
  if (self->left > self->next_check)
    return TRUE;
  self->next_check = self->left > CHECK_STEPS ? self->left - CHECK_STEPS : 0;
  return !g_cancellable_set_error_if_cancelled (self->cancellable, &self->error);
}

gboolean
ssmt_budget_spend_bytes (SsmtBudget *self, gsize length)
{
  return ssmt_budget_spend (self, length / 16 + 1);
}

gboolean
ssmt_budget_allows (SsmtBudget *self, gsize length)
{
  return length <= self->most
      || ssmt_budget_fail (self,
          "the tokenizer's steps make this text longer than %" G_GSIZE_FORMAT " bytes", self->most);
}

gboolean
ssmt_budget_append (SsmtBudget *self, GString *out, const char *text, gsize length)
{
  if (!ssmt_budget_allows (self, out->len + length))
    return FALSE;
  g_string_append_len (out, text, (gssize) length);
  return TRUE;
}

gboolean
ssmt_budget_check (const SsmtBudget *self, GError **error)
{
  if (self->error == NULL)
    return TRUE;
  if (error != NULL)
    *error = g_error_copy (self->error);
  return FALSE;
}
