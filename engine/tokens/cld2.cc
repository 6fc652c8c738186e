/* ssmtranslate: CLD2 behind a C interface
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/cld2.h"

#include <cstdio>
#include <exception>

/* its headers use FILE and the encodings without including them */
#include <cld2/public/encodings.h>
#include <cld2/public/compact_lang_det.h>

static void
detect (const char *text, int length, const char *expected, bool guess, SsmtCld2Result *result)
{
  CLD2::CLDHints hints = { expected, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE };
  CLD2::Language languages[SSMT_CLD2_MOST];
  double scores[SSMT_CLD2_MOST];
  bool is_reliable;
  int valid_bytes;

  CLD2::ExtDetectLanguageSummaryCheckUTF8 (text, length, true, &hints,
      guess ? CLD2::kCLDFlagBestEffort : 0, languages, result->shares, scores, nullptr,
      &result->bytes, &is_reliable, &valid_bytes);
  if (valid_bytes < length)
    return;
  for (int i = 0; i < SSMT_CLD2_MOST; i++) {
    /* scripts without a language have the numbers from X_Common on */
    if (languages[i] < CLD2::X_Common && languages[i] != CLD2::UNKNOWN_LANGUAGE
        && languages[i] != CLD2::TG_UNKNOWN_LANGUAGE)
      result->languages[i] = CLD2::LanguageCode (languages[i]);
  }
  result->is_reliable = is_reliable && result->languages[0] != nullptr;
}

void
ssmt_cld2_detect (
    const char *text, int length, const char *expected, gboolean guess, SsmtCld2Result *result)
{
  *result = {};
  try {
    detect (text, length, expected, guess, result);
  } catch (const std::exception &) {
    *result = {};
  }
}
