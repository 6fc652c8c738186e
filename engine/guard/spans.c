/* ssmtranslate: what of a text is no language
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two looks: patterns of what people and programs write, then words in letters that neither the
 * language nor the vocabulary has.
 */
#include "engine/guard/spans.h"

#include <string.h>

#include "engine/guard/letters.h"

/* --- patterns ---------------------------------------------------------------- */

#define FILE_ENDINGS \
  "(?:py|js|ts|c|h|cc|cpp|hpp|cs|rs|go|java|php|sh|bat|exe|dll|so|txt|md|rst|json|xml|html?|css|csv|sql|ya?ml|toml|" \
  "ini|conf|cfg|log|pdf|docx?|xlsx?|pptx?|odt|zip|tar|gz|xz|7z|iso|png|jpe?g|gif|svg|webp|mp3|mp4|mkv|avi|mov|wav|" \
  "flac|ogg|webm|srt|vtt|ass|" \
  "PY|JS|CPP|PHP|EXE|DLL|TXT|MD|JSON|XML|HTML?|CSS|CSV|SQL|YA?ML|INI|PDF|DOCX?|XLSX?|PPTX?|ZIP|TAR|GZ|7Z|ISO|" \
  "PNG|JPE?G|GIF|SVG|WEBP|MP3|MP4|MKV|AVI|MOV|WAV|FLAC|OGG|WEBM|SRT|VTT)"
/* Endings that are no words themselves: "it" and "is" need a path or two points. */
#define DOMAINS "(?:com|org|net|edu|gov|mil|info|biz|io|dev|app|tv|fm|gg|uk|eu|fr|br|jp|cn|ru|pl|nl|ch|pt|example|test|" \
  "COM|ORG|NET|EDU|GOV|MIL|INFO|BIZ|DEV|TV|FM|GG|UK|EU|FR|BR|JP|CN|RU|PL|NL|CH|PT)"
#define COUNTRIES "(?:[a-z]{2})"
#define LABEL "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"

/* Ends of sentences and brackets behind an address are not of it. */
#define ADDRESS_END "(?<![.,;:!?)\\]'\"…])"

static const char *const word_patterns[] = {
  /* addresses */
  "(?i:\\b(?:https?|ftps?|rtsps?|rtmps?|srt|udp|wss?|file|ssh|git)://[^\\s<>\"“”«»]+" ADDRESS_END ")",
  "(?i:\\b(?:mailto|magnet):[^\\s<>\"“”«»]+" ADDRESS_END ")",
  "(?i:\\bwww\\.[^\\s<>\"“”«»]+" ADDRESS_END ")",
  /* from where such a word begins: else each of its letters would be tried */
  "(?<![\\w.+-])[\\w.+-]*\\w@\\w[\\w-]*(?:\\.\\w[\\w-]*)+",
  "(?<![\\w@.-])(?:(?i:" LABEL ")\\.)+" DOMAINS "(?![\\w-])(?:/[^\\s<>\"“”]*" ADDRESS_END ")?",
  "(?<![\\w@.-])(?:" LABEL "\\.)+" COUNTRIES "/[^\\s<>\"“”]*" ADDRESS_END,
  "(?<![\\w@.-])(?:" LABEL "\\.){2,}" COUNTRIES "(?![\\w.-])",
  "(?<![\\w@])@\\w(?:[\\w.-]*\\w)?",
  "(?<![\\w#&])#[\\p{L}_][\\p{L}\\p{N}_]*#?",
  /* paths and files */
  "(?<!\\w)[A-Za-z]:[\\\\/][^\\s\"<>|]+" ADDRESS_END,
  "(?<!\\S)\\\\\\\\[\\w.-]+(?:\\\\[^\\s\"<>|]+)+" ADDRESS_END,
  "(?<![\\w./~])(?:~|\\.{1,2})?/[\\w.~-]+(?:/[\\w.~-]+)+/?" ADDRESS_END,
  "(?<![\\w./~])(?:~|\\.{1,2})/[\\w.~-]+" ADDRESS_END,
  "(?<![\\w.])[\\w-]{1,255}(?:\\.[\\w-]{1,255}){0,8}\\." FILE_ENDINGS "(?!\\w)",
  /* placeholders */
  "\\{\\{[^{}]*\\}\\}|\\$\\{[^{}]*\\}|\\{[\\w.:,!+-]*\\}(?!\\})",
  "(?<![\\w%])%\\([\\w.]+\\)[-#0+]*\\d*(?:\\.\\d+)?[a-zA-Z]|(?<![\\w%])%(?:\\d+\\$)?[-#0+]*\\d*(?:\\.\\d+)?(?:hh?|ll?|z|j)?"
  "[diouxXeEfgGcsp@](?!\\w)|(?<![\\w%])%[A-Z_]{2,}%|(?<![\\w%])%\\d+(?![\\w%])",
  "(?<!\\w)__\\w+__(?!\\w)|(?<![\\w$])\\$[A-Za-z_]\\w*|(?<![\\w:]):[a-z][a-z0-9_+-]+:(?![\\w:])",
  /* code */
  "(?<![\\w.])[\\w.]*\\w(?:(?: (?:\\*\\*|[<>=!+*/-]=|[=<>^*+]) |\\*\\*|[<>=!]=|[=^*+])[\\w.]*\\w)+",
  "(?<!\\w)\\w*[^\\W_]_[^\\W_]\\w*|(?<!\\w)\\w+(?:::\\w+)+(?:\\(\\))?|(?<!\\w)\\w+\\(\\)",
  "(?<!\\w)0x[0-9A-Fa-f]+(?!\\w)",
  /* what no model writes: fractions, powers */
  "\\d*[¼½¾⅓⅔⅛⅜⅝⅞]|(?<!\\p{L})\\p{L}+[²³](?!\\w)",
  /* cries drawn out: "Nooooooo" */
  "(?<!\\w)\\w*(\\p{L})\\g{-1}{5,}\\w*",
  /* telephones */
  "\\+\\d[\\d ()./-]{5,}\\d|(?<![\\d.,])0\\d{2,}(?:[ /-]\\d{2,})+(?!\\w)",
};

static const char *const code_patterns[] = {
  "(?<!\\w)\\p{Ll}+\\p{Lu}\\p{Ll}\\w*",
  "(?<![\\w.])(?!\\d+(?:AM|PM|TH|ST|ND|RD|KM|KG|M|H|K)\\b)(?:\\p{Lu}+\\d|\\d+\\p{Lu})[\\p{Lu}\\d-]*(?!\\w)",
};

#define CURRENCY "[$£¥€₹₽₩₺₴₿]"

/* Words where the vocabulary has no such sign. */
static const char *const amount_patterns[] = {
  CURRENCY " ?\\d(?:[\\d.,]*\\d)?|(?<![\\d.,])\\d(?:[\\d.,]*\\d)? ?" CURRENCY,
};

#define PICTURE "(?:\\p{Extended_Pictographic}(?<![0-9©®™]))"

static const char *const sign_patterns[] = {
  /* drawings, then all other codes of ASS, MicroDVD and parsers */
  "\\{\\\\?p[1-9]\\d*\\}[^{]*",
  "\\{\\\\[^{}]*\\}|\\{[a-zA-Z]:[^{}\\s]*\\}",
  "\\\\[Nh]",
  "</?[a-zA-Z][^<>]*>",
  "\\p{Regional_Indicator}{2}|[0-9#*]\\x{FE0F}?\\x{20E3}",
  PICTURE "[\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*(?:\\x{200D}" PICTURE "[\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*)*",
  /* signs; degrees, ©, ™ and № stand in sentences as words do */
  "[^\\P{So}°©®™№℃℉]+|[\\x{2190}-\\x{21FF}\\x{2200}-\\x{22FF}\\x{2500}-\\x{25FF}•‣◦▪]+",
  "(?<!\\S)[#~|^_\\\\=<>*]+(?!\\S)",
};

/* Times of words (WebVTT), zero width, soft hyphens, marks of direction; joiners only where no letter needs them. */
#define DROP_PATTERN \
  "<\\d\\d:[\\d:.,]+>|[\\x{00AD}\\x{200B}\\x{200E}\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{2064}\\x{2066}-\\x{206F}\\x{FEFF}]+" \
  "|(?<![\\p{L}\\p{M}])[\\x{200C}\\x{200D}\\x{FE00}-\\x{FE0F}]+|[\\x{200C}\\x{200D}](?=[\\x00-\\x7F]|$)"

static void
append_alternatives (GString *pattern, const char *group, const char *const *parts, gsize n)
{
  g_string_append_printf (pattern, "(?<%s>", group);
  for (gsize i = 0; i < n; i++)
    g_string_append_printf (pattern, "%s%s", i > 0 ? "|" : "", parts[i]);
  g_string_append_c (pattern, ')');
}

static const GRegex *
get_regex (void)
{
  static GRegex *regex = NULL;

  if (g_once_init_enter (&regex)) {
    static const char *const drops[] = { DROP_PATTERN };
    g_autoptr (GString) pattern = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    GRegex *made;

    append_alternatives (pattern, "drop", drops, G_N_ELEMENTS (drops));
    g_string_append_c (pattern, '|');
    append_alternatives (pattern, "sign", sign_patterns, G_N_ELEMENTS (sign_patterns));
    g_string_append_c (pattern, '|');
    append_alternatives (pattern, "word", word_patterns, G_N_ELEMENTS (word_patterns));
    g_string_append_c (pattern, '|');
    append_alternatives (pattern, "amount", amount_patterns, G_N_ELEMENTS (amount_patterns));
    g_string_append_c (pattern, '|');
    append_alternatives (pattern, "code", code_patterns, G_N_ELEMENTS (code_patterns));
    made = g_regex_new (pattern->str, G_REGEX_OPTIMIZE, 0, &error);
    if (made == NULL)
      g_critical ("%s", error->message);
    g_once_init_leave (&regex, made);
  }
  return regex;
}

static gboolean
is_in_group (const GMatchInfo *match, const char *name)
{
  gint start = -1;

  return g_match_info_fetch_named_pos (match, name, &start, NULL) && start >= 0;
}

static gboolean
knows_sign (const char *amount, gsize length, const SsmtTokenizer *tokenizer)
{
  for (const char *p = amount; p < amount + length; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (c >= 0x80 && !ssmt_letters_knows (tokenizer, c))
      return FALSE;
  }
  return TRUE;
}

static SsmtSpanKind
get_kind (const GMatchInfo *match)
{
  static const struct {
    const char *name;
    SsmtSpanKind kind;
  } groups[] = { { "drop", SSMT_SPAN_DROP }, { "sign", SSMT_SPAN_SIGN }, { "code", SSMT_SPAN_CODE } };

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++) {
    if (is_in_group (match, groups[i].name))
      return groups[i].kind;
  }
  return SSMT_SPAN_WORD;
}

static void
find_patterns (const char *text, const SsmtTokenizer *tokenizer, GArray *spans)
{
  const GRegex *regex = get_regex ();
  GMatchInfo *match = NULL;

  if (regex == NULL)
    return;
  g_regex_match (regex, text, 0, &match);
  while (g_match_info_matches (match)) {
    gint start, end;

    if (g_match_info_fetch_pos (match, 0, &start, &end) && end > start
        && !(is_in_group (match, "amount") && knows_sign (text + start, end - start, tokenizer))) {
      SsmtSpan span = { { start, end }, get_kind (match) };

      g_array_append_val (spans, span);
    }
    if (!g_match_info_next (match, NULL))
      break;
  }
  g_match_info_free (match);
}

/* --- letters ------------------------------------------------------------------ */

static gboolean
is_word_char (gunichar c)
{
  return g_unichar_isalnum (c) || g_unichar_ismark (c) || c == '\'' || c == 0x2019 || c == '-';
}

/* A word whose letters the model cannot read. *foreign: it is in another script altogether. */
static gboolean
is_unreadable (const char *word, gsize length, const SsmtLetters *letters,
    const SsmtTokenizer *tokenizer, gboolean *foreign)
{
  *foreign = FALSE;
  for (const char *p = word; p < word + length; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (c < 0x80 || !g_unichar_isalpha (c))
      continue;
    *foreign |= !ssmt_letters_has_script (letters, c);
    if (*foreign || !ssmt_letters_knows (tokenizer, c))
      return TRUE;
  }
  return FALSE;
}

/* Words between two spans; words of another script that follow each other are one. */
static void
find_words (const char *text, SsmtRange part, const SsmtLetters *letters,
    const SsmtTokenizer *tokenizer, GArray *spans)
{
  gboolean was_foreign = FALSE, foreign;

  for (gsize at = part.start; at < part.end;) {
    gsize start = at;

    while (at < part.end && is_word_char (g_utf8_get_char (text + at)))
      at = g_utf8_next_char (text + at) - text;
    if (at == start) {
      was_foreign &= text[at] == ' ';
      at = g_utf8_next_char (text + at) - text;
      continue;
    }
    if (!is_unreadable (text + start, at - start, letters, tokenizer, &foreign)) {
      was_foreign = FALSE;
      continue;
    }
    if (was_foreign && foreign) {
      g_array_index (spans, SsmtSpan, spans->len - 1).range.end = at;
    } else {
      SsmtSpan span = { { start, at }, SSMT_SPAN_WORD };

      g_array_append_val (spans, span);
    }
    was_foreign = foreign;
  }
}

/* Words and marks of a plain sentence, where no pattern can find anything: most text is no more. */
static gboolean
is_plain (const char *text)
{
  guint run = 0;

  for (const char *p = text; *p != '\0'; p++) {
    gboolean is_capital = g_ascii_isupper (p[0]) && g_ascii_islower (p[1]);

    if (g_ascii_isalpha (*p) ? p > text && is_capital && g_ascii_islower (p[-1])
                             : strchr (" ,.!?;'\"-", *p) == NULL)
      return FALSE;
    run = p > text && *p == p[-1] ? run + 1 : 0;
    if ((*p == '.' && g_ascii_isalpha (p[1])) || run >= 5)
      return FALSE;
  }
  return TRUE;
}

void
ssmt_spans_find (
    const char *text, const char *language, const SsmtTokenizer *tokenizer, GArray *spans)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (SsmtSpan));
  SsmtLetters letters;
  gsize done = 0;

  if (is_plain (text))
    return;
  find_patterns (text, tokenizer, found);
  if (g_str_is_ascii (text)) {
    g_array_append_vals (spans, found->data, found->len);
    return;
  }
  ssmt_letters_init (&letters, language, NULL);
  for (guint i = 0; i < found->len; i++) {
    const SsmtSpan *span = &g_array_index (found, SsmtSpan, i);

    find_words (text, (SsmtRange){ done, span->range.start }, &letters, tokenizer, spans);
    g_array_append_val (spans, *span);
    done = span->range.end;
  }
  find_words (text, (SsmtRange){ done, strlen (text) }, &letters, tokenizer, spans);
}
