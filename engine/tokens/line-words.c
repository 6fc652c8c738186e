/* ssmtranslate: small words, by how they go with those around them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/line-words.h"

#include <string.h>

#define MAX_WORD 16 /* bytes */

/* Words in small letters, a space before and behind each. */
struct _SsmtLineWords {
  char language[3];
  const char *lean, *join;
};

static const char *const titles = " dr dra dott mlle mme mr mrs ms prof sig sr sra st ";

static const SsmtLineWords languages[] = {
  { "de",
      " der die das den dem des ein eine einen einem einer eines kein keine keinen mein meine "
      "meinen "
      "meinem meiner dein deine deinen deinem deiner sein seine seinen seinem seiner ihr ihre "
      "ihren ihrem "
      "ihrer unser unsere unseren in im ins an am ans auf aus bei beim bis durch für gegen mit "
      "nach ohne "
      "über um unter von vom vor zu zum zur zwischen seit während wegen hinter neben herr frau "
      "nicht sehr so ",
      " und oder aber denn sondern dass daß weil wenn als ob wie während obwohl damit bevor "
      "nachdem was "
      "wer wo warum " },
  { "en",
      " the a an this that these those my your his her its our their in on at by of for from to "
      "with "
      "without into onto about over under after before between through during against near behind "
      "beside "
      "no not very so too miss is are was were has have had will would can could "
      "i i'm you're he's she's ",
      " and or but nor yet because if when while although though unless until since who whom which "
      "what "
      "where why how than as " },
  { "es",
      " el la los las un una unos unas lo mi mis tu tus su sus nuestro nuestra este esta estos "
      "estas ese esa "
      "a al de del en con por para sin sobre entre hasta desde hacia según tras no muy tan me te "
      "se le les "
      "nos don doña ",
      " y e o u pero sino porque que si cuando mientras aunque como donde quien cual pues " },
  { "fr",
      " le la les un une des du de au aux mon ma mes ton ta tes son sa ses notre nos votre vos "
      "leur leurs ce "
      "cet cette ces à en dans sur sous avec sans pour par chez vers entre ne pas très si je tu il "
      "elle on "
      "nous vous ils elles me te se ",
      " et ou mais donc car ni que qui quand lorsque parce puisque comme si où dont bien " },
  { "it",
      " il lo la i gli le un uno una di a da in con su per tra fra del dello della dei degli delle "
      "al allo alla ai "
      "agli alle dal dalla nel nella nei sul sulla mio mia tuo tua suo sua nostro nostra questo "
      "questa "
      "quel quella non molto così mi ti si ci vi ",
      " e ed o ma però perché che se quando mentre anche come dove chi quindi " },
  { "pt",
      " o a os as um uma uns umas ao à aos às de do da dos das em no na nos nas num numa por pelo "
      "pela pelos "
      "pelas para pra com sem sobre entre até desde após contra meu minha meus minhas teu tua seu "
      "sua seus "
      "suas nosso nossa nossos nossas este esta estes estas esse essa esses essas aquele aquela "
      "neste nesta "
      "nesse nessa deste desta não muito tão mais me te se lhe dona é são foi era ",
      " e ou mas porém porque que se quando enquanto embora como onde quem qual pois nem " },
};

const SsmtLineWords *
ssmt_line_words_find (const char *language)
{
  gsize length = language != NULL ? strcspn (language, "-_") : 0;

  for (guint i = 0; length == 2 && i < G_N_ELEMENTS (languages); i++) {
    if (g_ascii_strncasecmp (languages[i].language, language, 2) == 0)
      return &languages[i];
  }
  return NULL;
}

static gboolean
is_among (const char *list, const char *word)
{
  return strstr (list, word) != NULL;
}

SsmtLineWord
ssmt_line_words_look_up (const SsmtLineWords *words, const char *word, gsize length)
{
  g_autofree char *small = NULL, *spaced = NULL;

  if (words == NULL || length == 0 || length > MAX_WORD)
    return SSMT_LINE_WORD_OTHER;
  small = g_utf8_strdown (word, length);
  spaced = g_strconcat (" ", small, " ", NULL);
  if (is_among (words->join, spaced))
    return SSMT_LINE_WORD_JOINS;
  if (is_among (titles, spaced))
    return SSMT_LINE_WORD_TITLE;
  return is_among (words->lean, spaced) ? SSMT_LINE_WORD_LEANS : SSMT_LINE_WORD_OTHER;
}
