//! What names say: those of columns, and those of people.

use super::Kind;

/// What the name of a column says that it holds.
pub(super) fn hint(column: &str) -> Vec<Kind> {
    let words = words(column);
    let joined = words.join("_");
    let has = |list: &[&str]| {
        list.iter().any(|word| {
            words.iter().any(|of| of == word)
                || joined.contains(&format!("{word}_")) && word.contains('_')
                || joined.ends_with(word) && word.contains('_')
        })
    };
    let mut kinds = Vec::new();
    if has(&["email", "mail", "e_mail", "emailaddress"]) {
        kinds.push(Kind::Email);
    }
    if has(&[
        "phone",
        "telephone",
        "mobile",
        "cell",
        "cellphone",
        "tel",
        "fax",
        "telefon",
        "handy",
        "telephon",
        "phonenumber",
        "msisdn",
    ]) {
        kinds.push(Kind::Phone);
    }
    if has(&[
        "firstname",
        "lastname",
        "surname",
        "forename",
        "fullname",
        "middlename",
        "first_name",
        "last_name",
        "given_name",
        "family_name",
        "full_name",
        "middle_name",
        "maiden_name",
        "customer_name",
        "person_name",
        "contact_name",
        "patient_name",
        "passenger_name",
        "employee_name",
        "holder_name",
        "vorname",
        "nachname",
        "prenom",
        "apellido",
        "cognome",
        "givenname",
        "familyname",
    ]) {
        kinds.push(Kind::Name);
    }
    if has(&["iban"]) {
        kinds.push(Kind::Iban);
    }
    if has(&["card_number", "cardnumber", "credit_card", "creditcard", "card_no", "pan", "ccn", "cc_number"]) {
        kinds.push(Kind::CardNumber);
    }
    if has(&[
        "ssn",
        "nino",
        "social_security",
        "national_id",
        "nationalid",
        "tax_id",
        "taxid",
        "passport",
        "personnummer",
        "dni",
        "nie",
        "bsn",
        "pesel",
        "cpf",
        "aadhaar",
        "steuer_id",
        "id_number",
        "insee",
        "nir",
    ]) {
        kinds.push(Kind::NationalId);
    }
    if has(&["ip", "ip_address", "ipaddress", "ipv4", "ipv6", "client_ip", "remote_addr"]) {
        kinds.push(Kind::IpAddress);
    }
    if has(&["birthdate", "birthday", "dob", "birth_date", "date_of_birth", "born", "geburtsdatum", "geburtstag"]) {
        kinds.push(Kind::BirthDate);
    }
    if has(&["street", "address_line", "street_address", "home_address", "postal_address", "strasse", "house_number"]) {
        kinds.push(Kind::Address);
    }
    if has(&["latitude", "longitude", "lat", "lon", "lng", "geo_location", "gps"]) {
        kinds.push(Kind::Coordinates);
    }
    kinds
}

/// The words of `customerEMail`, `customer_e_mail` and `CUSTOMER-EMAIL` alike, in lower case.
fn words(column: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in column.chars() {
        let begins = letter.is_uppercase() && before.is_lowercase();
        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// One to four words, one of them a common given name, none with a digit.
pub(super) fn is_person(value: &str) -> bool {
    if value.len() > 60 || value.chars().any(|letter| letter.is_ascii_digit() || "_@/\\:;#".contains(letter)) {
        return false;
    }
    let words: Vec<String> =
        value.split([' ', ',', '-', '.', '\'']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    (1..=4).contains(&words.len()) && words.iter().any(|word| GIVEN.binary_search(&word.as_str()).is_ok())
}

/// Frequent given names of several languages, sorted.
const GIVEN: &[&str] = &[
    "adam",
    "ahmed",
    "aisha",
    "alejandro",
    "alexander",
    "ali",
    "alice",
    "amanda",
    "amelia",
    "amir",
    "amy",
    "ana",
    "anders",
    "andrea",
    "andreas",
    "andrew",
    "angela",
    "anja",
    "anna",
    "anne",
    "antonio",
    "arthur",
    "barbara",
    "ben",
    "benjamin",
    "bernd",
    "birgit",
    "bjorn",
    "brian",
    "carlos",
    "carmen",
    "caroline",
    "charles",
    "charlotte",
    "chen",
    "chloe",
    "christian",
    "christina",
    "christine",
    "christopher",
    "claire",
    "claudia",
    "daniel",
    "david",
    "deborah",
    "dennis",
    "diana",
    "diego",
    "dieter",
    "dmitri",
    "donald",
    "edward",
    "elena",
    "elizabeth",
    "emily",
    "emma",
    "eric",
    "erik",
    "eva",
    "fatima",
    "felix",
    "fernando",
    "florian",
    "francesco",
    "frank",
    "franz",
    "gabriel",
    "george",
    "giulia",
    "grace",
    "hannah",
    "hans",
    "heike",
    "heinrich",
    "helen",
    "henry",
    "hiroshi",
    "hugo",
    "ibrahim",
    "igor",
    "ines",
    "ingrid",
    "isabel",
    "ivan",
    "jack",
    "jacob",
    "james",
    "jan",
    "jane",
    "jason",
    "jean",
    "jennifer",
    "jessica",
    "jesus",
    "johan",
    "johannes",
    "john",
    "jonas",
    "jorge",
    "jose",
    "joseph",
    "joshua",
    "juan",
    "julia",
    "julie",
    "jurgen",
    "karen",
    "karin",
    "karl",
    "katarzyna",
    "katherine",
    "katja",
    "kenji",
    "kevin",
    "klaus",
    "krzysztof",
    "lars",
    "laura",
    "lena",
    "leon",
    "li",
    "linda",
    "lisa",
    "louis",
    "luca",
    "lucas",
    "lucia",
    "luis",
    "lukas",
    "magdalena",
    "manuel",
    "marco",
    "margaret",
    "maria",
    "marie",
    "mark",
    "marta",
    "martin",
    "mary",
    "matteo",
    "matthew",
    "max",
    "maximilian",
    "mehmet",
    "mia",
    "michael",
    "michel",
    "miguel",
    "mohamed",
    "mohammed",
    "monika",
    "nancy",
    "natalia",
    "nicolas",
    "nicole",
    "nina",
    "noah",
    "olga",
    "oliver",
    "olivia",
    "omar",
    "oscar",
    "pablo",
    "patricia",
    "patrick",
    "paul",
    "paula",
    "pedro",
    "peter",
    "petra",
    "philip",
    "pierre",
    "piotr",
    "rachel",
    "raj",
    "rebecca",
    "renate",
    "richard",
    "robert",
    "roberto",
    "ronald",
    "sabine",
    "samuel",
    "sandra",
    "sara",
    "sarah",
    "sebastian",
    "sergei",
    "silvia",
    "simon",
    "sofia",
    "sophia",
    "sophie",
    "stefan",
    "stephanie",
    "stephen",
    "steven",
    "susan",
    "susanne",
    "svetlana",
    "tatiana",
    "thomas",
    "timothy",
    "tobias",
    "tom",
    "ursula",
    "valentina",
    "victor",
    "victoria",
    "vladimir",
    "walter",
    "wei",
    "werner",
    "william",
    "wolfgang",
    "yuki",
    "yusuf",
    "zoe",
];
