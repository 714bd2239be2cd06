/** Passwords of at least eight characters that lists of leaked ones begin with, and what fits this product. Lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 12345678910 123123123 1234qwer 123qweasd 11223344 87654321 987654321 0987654321
  147258369 123654789 789456123 135792468 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 q1w2e3r4 zaq12wsx zaq1zaq1 qazwsxedc
  qwertyui qwertyuiop qwerty123 qwerty12 qwer1234 asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 1234abcd abcd1234
  abc12345 abc123456 a1b2c3d4 aa123456 aa12345678 a123456789 a12345678 abcdefgh abcdefg1 password password1 password12
  password123 password1234 password! passw0rd p@ssw0rd p@ssword pa55word passwort passwort1 motdepasse contraseña
  letmein1 letmein123 welcome1 welcome123 changeme changeme1 changeme123 changeit iloveyou iloveyou1 iloveyou2 sunshine
  sunshine1 princess princess1 football football1 baseball baseball1 basketball superman superman1 batman123 spiderman
  pokemon1 starwars starwars1 whatever whatever1 trustno1 dragon123 monkey123 michael1 jennifer jordan23 charlie1
  computer computer1 internet samsung1 google123 facebook linkedin myspace1 nintendo mustang1 corvette mercedes ferrari
  liverpool liverpool1 arsenal1 chelsea1 barcelona juventus manchester chocolate cheese123 butterfly elephant scorpion
  midnight freedom1 hello123 hello1234 helloworld test1234 test12345 testtest testing1 testing123 secret123 secret12
  mysecret supersecret default1 default123 admin123 admin1234 admin12345 adminadmin administrator administrator1 root1234
  rootroot toor1234 user1234 guest123 guest1234 manager1 master12 master123 operator access14 login123 system123 server123
  docker12 docker123 docker1234 dockerdocker registry registry1 registry123 registryweb registry-web registryadmin
  container containers kubernetes harbor12345 nexus123 jenkins1 gitlab123 ubuntu123 woaini1314 woaini520 woaini123
  5201314520 1314520520 zhang123 wang1234 88888888 66666666 00000000 11111111 99999999 asd12345 qq123456 qq12345678
  wodemima mima1234 nihao123 123456abc 123456aa 123456qq a1234567 1234567a 12345678a 123456789a`.split(/\s+/),
);
