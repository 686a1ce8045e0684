# optiply-sync with its run-time dependencies and nothing else. A job folder is mounted under /jobs:
#   docker build --tag magento-optiply .
#   docker run --rm --init --user "$(id -u):$(id -g)" --volume "$PWD:/jobs" magento-optiply run acme
ARG PYTHON=3.11.14

FROM python:${PYTHON}-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml requirements.txt README.md ./
COPY configs/field_maps configs/field_maps
COPY configs/demo configs/demo
COPY connector connector
COPY delivery delivery
COPY etl etl
COPY fleet fleet
COPY inventory inventory
COPY job job
COPY magento_api magento_api
COPY sandbox sandbox
COPY store store
COPY optiply_api optiply_api
COPY tap_magento tap_magento
COPY tap_picqer tap_picqer
COPY easyecom_api easyecom_api
COPY tap_easyecom tap_easyecom
COPY target_magento target_magento
COPY target_picqer target_picqer
COPY target_easyecom target_easyecom
COPY tap_optiply tap_optiply
COPY target_optiply target_optiply
COPY vocabulary vocabulary
RUN python -m venv /opt/magento-optiply \
    && /opt/magento-optiply/bin/pip install --no-cache-dir --disable-pip-version-check --constraint requirements.txt '.[inventory,fleet]' \
    && /opt/magento-optiply/bin/pip uninstall --yes --quiet pip

FROM python:${PYTHON}-slim-bookworm
COPY --from=build /opt/magento-optiply /opt/magento-optiply
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin sync \
    && install --directory --owner sync --group sync /jobs
ENV PATH=/opt/magento-optiply/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /jobs
ENTRYPOINT ["optiply-sync"]
CMD ["--help"]
